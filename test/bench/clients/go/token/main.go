// Opens a client with a token through the official package, and does no more. Prints "open", or why it was refused. For ours the import
// line is changed, and nothing else.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/1password/onepassword-sdk-go"
)

func main() {
	_, err := onepassword.NewClient(context.Background(),
		onepassword.WithServiceAccountToken(os.Getenv("TOKEN")),
		onepassword.WithIntegrationInfo("bench", "1"),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("open")
}
