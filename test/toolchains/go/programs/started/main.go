// Opens a client with a token where no agent may run, and prints a secret or the error.
package main

import (
	"context"
	"fmt"
	"os"

	postern "postern.invalid/client"
)

func main() {
	ctx := context.Background()
	client, err := postern.NewClient(ctx, postern.WithServiceAccountToken(os.Getenv("TOKEN")))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	fmt.Println(client.Secrets().Resolve(ctx, os.Getenv("REFERENCE")))
}
