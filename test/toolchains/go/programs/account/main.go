// One account through the official package, which keeps the first of a process. It prints the titles that the account has, and what it reads.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"slices"

	"github.com/1password/onepassword-sdk-go"
)

var ctx = context.Background()

func main() {
	name, decrypt := os.Getenv("ACCOUNT"), true
	client := must(onepassword.NewClient(ctx,
		onepassword.WithDesktopAppIntegration(name),
		onepassword.WithIntegrationInfo("accounts", "1"),
	))
	read := []string{}
	for range 20 {
		read = append(read, must(client.Secrets().Resolve(ctx, "op://Demo/KEY/password")))
	}
	vault := must(client.Vaults().Create(ctx, onepassword.VaultCreateParams{Title: "made in " + name})).ID
	must(client.Items().Create(ctx, onepassword.ItemCreateParams{
		Title: "item of " + name, Category: onepassword.ItemCategoryLogin, VaultID: vault,
	}))
	vaults, items := []string{}, []string{}
	for _, one := range must(client.Vaults().List(ctx, onepassword.VaultListParams{DecryptDetails: &decrypt})) {
		vaults = append(vaults, one.Title)
	}
	for _, one := range must(client.Items().List(ctx, vault)) {
		items = append(items, one.Title)
	}
	slices.Sort(vaults)
	fmt.Println(string(must(json.Marshal([]any{name, slices.Compact(read), vaults, items}))))
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
