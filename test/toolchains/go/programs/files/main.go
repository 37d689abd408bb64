// Files of several sizes through the official package: with a new item, attached to one, and read. It prints a line for each size: what became of
// the three. SIZES are in MiB. The vault Files has a document of each size.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"

	"github.com/1password/onepassword-sdk-go"
)

const mib = 1024 * 1024

var ctx = context.Background()

func main() {
	client := must(onepassword.NewClient(ctx,
		onepassword.WithDesktopAppIntegration("Ada"),
		onepassword.WithIntegrationInfo("files", "1"),
	))
	items, vault := client.Items(), ""
	decrypt := true
	for _, one := range must(client.Vaults().List(ctx, onepassword.VaultListParams{DecryptDetails: &decrypt})) {
		if one.Title == "Files" {
			vault = one.ID
		}
	}
	documents := map[string]string{}
	for _, one := range must(items.List(ctx, vault)) {
		documents[one.Title] = one.ID
	}
	// Every byte, in the order of the other programs.
	pattern := make([]byte, 256)
	for at := range pattern {
		pattern[at] = byte(at * 167)
	}
	login := func(title string, files ...onepassword.FileCreateParams) (onepassword.Item, error) {
		return items.Create(ctx, onepassword.ItemCreateParams{
			Title: title, Category: onepassword.ItemCategoryLogin, VaultID: vault, Files: files,
		})
	}
	for _, text := range strings.Fields(os.Getenv("SIZES")) {
		size := must(strconv.Atoi(text))
		content := bytes.Repeat(pattern, size*mib/len(pattern))
		file := onepassword.FileCreateParams{Name: "a.bin", Content: content, FieldID: "file"}
		created, err := login("with a file", file)
		words := []any{size, sizeOf(created, err)}
		attached, err := items.Files().Attach(ctx, must(login("empty")), file)
		words = append(words, sizeOf(attached, err))
		item := must(items.Get(ctx, vault, documents[fmt.Sprint(size, " MiB")]))
		read, err := items.Files().Read(ctx, vault, item.ID, *item.Document)
		if err != nil {
			words = append(words, err.Error())
		} else {
			words = append(words, bytes.Equal(read, content))
		}
		fmt.Println(string(must(json.Marshal(words))))
	}
}

// What became of a file: its size, or the error's text.
func sizeOf(item onepassword.Item, err error) any {
	if err != nil {
		return err.Error()
	}
	return item.Files[0].Attributes.Size / mib
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
