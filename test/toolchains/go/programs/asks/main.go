// Reads a secret three times at once, and prints it. With `listen` as its word, the program has a listener of its own for prompts.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"sync"

	postern "postern.invalid/client"
)

func main() {
	options := []postern.ClientOption{postern.WithDesktopAppIntegration(os.Getenv("ACCOUNT")), postern.WithIntegrationInfo("shop", "1.0.0")}
	if len(os.Args) > 2 {
		options = append(options, postern.WithPromptListener(func(postern.Prompt) { fmt.Println("heard") }))
	}
	client, err := postern.NewClient(context.Background(), options...)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	var read [3]string
	var all sync.WaitGroup
	for index := range read {
		all.Go(func() {
			secret, err := client.Secrets().Resolve(context.Background(), os.Args[1])
			if err != nil {
				log.Fatal(err)
			}
			read[index] = secret
		})
	}
	all.Wait()
	fmt.Println(read[0], read[1], read[2])
}
