// Lists the vault VAULT through the official package. It prints how many different items there are, or the error's text, and what the client says
// next.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/1password/onepassword-sdk-go"
)

func main() {
	ctx, vault := context.Background(), os.Getenv("VAULT")
	client := must(onepassword.NewClient(ctx,
		onepassword.WithDesktopAppIntegration("Ada"),
		onepassword.WithIntegrationInfo("list", "1"),
	))
	var told any
	if items, err := client.Items().List(ctx, vault); err != nil {
		told = err.Error()
	} else {
		ids := map[string]bool{}
		for _, one := range items {
			ids[one.ID] = true
		}
		told = len(ids)
	}
	fmt.Println(string(must(json.Marshal([]any{told, must(client.Vaults().GetOverview(ctx, vault)).Title}))))
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
