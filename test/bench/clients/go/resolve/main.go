// Resolves one reference through the official package: once, or often. For ours the import line is changed, and nothing else.
package main

import (
	"context"
	"log"
	"os"

	"github.com/1password/onepassword-sdk-go"

	"project/figures"
)

func main() {
	ctx := context.Background()
	client, err := onepassword.NewClient(ctx,
		onepassword.WithDesktopAppIntegration("Bench"),
		onepassword.WithIntegrationInfo("bench", "1"),
	)
	if err != nil {
		log.Fatal(err)
	}
	if len(os.Args) > 1 && os.Args[1] == "open" {
		return
	}
	reference := os.Getenv("REFERENCE")
	resolve := func() {
		secret, err := client.Secrets().Resolve(ctx, reference)
		if err != nil {
			log.Fatal(err)
		}
		if secret == "" {
			log.Fatal("the secret is empty")
		}
	}
	resolve()
	figures.Print(resolve, figures.Together(resolve))
}
