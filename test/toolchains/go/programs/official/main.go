// A program for the official package, as one writes it after its README. With ours it changes its import line, and nothing else.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/1password/onepassword-sdk-go"
)

const fileBytes = 2_500_000

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	client, err := onepassword.NewClient(ctx,
		onepassword.WithDesktopAppIntegration("Ada"),
		onepassword.WithIntegrationInfo("Shop", onepassword.DefaultIntegrationVersion),
	)
	if err != nil {
		log.Fatal(err)
	}
	demand(resolve(ctx, client.Secrets()))
	vault := must(client.Vaults().Create(ctx, onepassword.VaultCreateParams{Title: "Go", Description: pointer("of a program")}))
	item := must(client.Items().Create(ctx, login(vault.ID)))
	demand(change(ctx, client, item))
	demand(batches(ctx, client.Items(), vault.ID))
	demand(files(ctx, client.Items(), item.VaultID, item.ID))
	demand(vaults(ctx, client, vault.ID))
	demand(tokens(ctx))
	demand(helpers(ctx))
}

func resolve(ctx context.Context, secrets onepassword.SecretsAPI) error {
	reference := os.Getenv("REFERENCE")
	fmt.Println(must(secrets.Resolve(ctx, reference)))
	all, err := secrets.ResolveAll(ctx, []string{reference, "op://Demo/None/password", "op://Demo"})
	if err != nil {
		return err
	}
	for _, one := range []string{reference, "op://Demo/None/password", "op://Demo"} {
		switch response := all.IndividualResponses[one]; {
		case response.Error == nil:
			fmt.Println(response.Content.Secret)
		case response.Error.Type == onepassword.ResolveReferenceErrorTypeVariantParsing:
			fmt.Println("malformed:", response.Error.Parsing() != "")
		default:
			fmt.Println("not resolved:", response.Error.Type)
		}
	}
	_, err = secrets.Resolve(ctx, "op://Demo/None/password")
	var expired *onepassword.DesktopSessionExpiredError
	fmt.Println(err != nil, errors.As(err, &expired))
	return nil
}

func login(vaultID string) onepassword.ItemCreateParams {
	return onepassword.ItemCreateParams{
		Title:    "Shop",
		Category: onepassword.ItemCategoryLogin,
		VaultID:  vaultID,
		Fields: []onepassword.ItemField{
			{ID: "username", Title: "username", FieldType: onepassword.ItemFieldTypeText, Value: "ada"},
			{ID: "password", Title: "password", FieldType: onepassword.ItemFieldTypeConcealed, Value: "s3cret"},
			{ID: "onetimepassword", Title: "one-time code", SectionID: pointer("custom"), FieldType: onepassword.ItemFieldTypeTOTP,
				Value: "otpauth://totp/shop?secret=GEZDGNBVGY3TQOJQ"},
			{ID: "address", Title: "address", SectionID: pointer("custom"), FieldType: onepassword.ItemFieldTypeAddress, Details: address()},
		},
		Sections: []onepassword.ItemSection{{ID: "custom", Title: "Custom"}},
		Notes:    pointer("of a program"),
		Tags:     []string{"shop"},
		Websites: []onepassword.Website{{URL: "https://x.example", Label: "website", AutofillBehavior: onepassword.AutofillBehaviorNever}},
	}
}

func address() *onepassword.ItemFieldDetails {
	details := onepassword.NewItemFieldDetailsTypeVariantAddress(&onepassword.AddressFieldDetails{
		Street: "1 Main", City: "Town", Country: "ca", Zip: "A1A", State: "ON",
	})
	return &details
}

func change(ctx context.Context, client *onepassword.Client, item onepassword.Item) error {
	for _, field := range item.Fields {
		if field.Details == nil {
			continue
		}
		switch field.Details.Type {
		case onepassword.ItemFieldDetailsTypeVariantOTP:
			fmt.Println("code of", len(*field.Details.OTP().Code))
		case onepassword.ItemFieldDetailsTypeVariantAddress:
			fmt.Println("in", field.Details.Address().City)
		}
	}
	item.Title = "Shop 2"
	item.Fields = append(item.Fields, onepassword.ItemField{
		ID: "pin", Title: "pin", SectionID: pointer("custom"), FieldType: onepassword.ItemFieldTypeConcealed, Value: "1234",
	})
	changed := must(client.Items().Put(ctx, item))
	read := must(client.Items().Get(ctx, changed.VaultID, changed.ID))
	fmt.Println(read.Title, read.Version, len(read.Fields), read.CreatedAt.Before(read.UpdatedAt), read.Tags, read.Notes)
	_, err := client.Items().Shares().GetAccountPolicy(ctx, read.VaultID, read.ID)
	fmt.Println("policy:", err == nil)
	return nil
}

func batches(ctx context.Context, items onepassword.ItemsAPI, vaultID string) error {
	note := onepassword.ItemCreateParams{Title: "Note", Category: onepassword.ItemCategorySecureNote, VaultID: vaultID}
	made := must(items.CreateAll(ctx, vaultID, []onepassword.ItemCreateParams{note, note}))
	ids := []string{made.IndividualResponses[0].Content.ID, made.IndividualResponses[1].Content.ID}
	read := must(items.GetAll(ctx, vaultID, append(ids, "none")))
	fmt.Println(len(read.IndividualResponses), read.IndividualResponses[2].Error.Type)
	if err := items.Archive(ctx, vaultID, ids[0]); err != nil {
		return err
	}
	archived := onepassword.NewItemListFilterTypeVariantByState(&onepassword.ItemListFilterByStateInner{Archived: true})
	for _, one := range must(items.List(ctx, vaultID, archived)) {
		fmt.Println(one.Title, one.State, one.State == onepassword.ItemStateArchived)
	}
	deleted := must(items.DeleteAll(ctx, vaultID, []string{ids[1], "none"}))
	fmt.Println(deleted.IndividualResponses[ids[1]].Error == nil, deleted.IndividualResponses["none"].Error.Type)
	fmt.Println("active:", len(must(items.List(ctx, vaultID))))
	return items.Delete(ctx, vaultID, ids[0])
}

func files(ctx context.Context, items onepassword.ItemsAPI, vaultID, itemID string) error {
	for _, content := range [][]byte{[]byte("small"), {}, bytes.Repeat([]byte("large"), fileBytes/5)} {
		item := must(items.Get(ctx, vaultID, itemID))
		item = must(items.Files().Attach(ctx, item, onepassword.FileCreateParams{
			Name: "file.bin", Content: content, SectionID: "custom", FieldID: "file",
		}))
		read := must(items.Files().Read(ctx, vaultID, itemID, item.Files[0].Attributes))
		fmt.Println(item.Files[0].Attributes.Size, bytes.Equal(read, content))
		item = must(items.Files().Delete(ctx, item, item.Files[0].SectionID, item.Files[0].FieldID))
		fmt.Println("files:", len(item.Files))
	}
	document := must(items.Create(ctx, onepassword.ItemCreateParams{
		Title: "Document", Category: onepassword.ItemCategoryDocument, VaultID: vaultID, Tags: []string{"kept"},
		Document: &onepassword.DocumentCreateParams{Name: "d.bin", Content: bytes.Repeat([]byte("d"), fileBytes)},
	}))
	document = must(items.Files().ReplaceDocument(ctx, document, onepassword.DocumentCreateParams{Name: "e.txt", Content: []byte("e")}))
	fmt.Println(document.Document.Name, string(must(items.Files().Read(ctx, vaultID, document.ID, *document.Document))), document.Tags)
	return nil
}

func vaults(ctx context.Context, client *onepassword.Client, vaultID string) error {
	updated := must(client.Vaults().Update(ctx, vaultID, onepassword.VaultUpdateParams{Title: pointer("Go 2")}))
	overview := must(client.Vaults().GetOverview(ctx, vaultID))
	vault := must(client.Vaults().Get(ctx, vaultID, onepassword.VaultGetParams{Accessors: pointer(true)}))
	fmt.Println(updated.Title, overview.Title, overview.CreatedAt.IsZero(), len(vault.Access) > 0, vault.Access[0].Permissions&onepassword.ReadItems)
	all := must(client.Vaults().List(ctx, onepassword.VaultListParams{DecryptDetails: pointer(true)}))
	slices.SortFunc(all, func(a, b onepassword.VaultOverview) int { return strings.Compare(a.Title, b.Title) })
	for _, one := range all {
		fmt.Println("vault", one.Title, one.VaultType == onepassword.VaultTypeUserCreated)
	}
	_, err := client.Groups().Get(ctx, "none", onepassword.GroupGetParams{})
	fmt.Println("group:", err != nil)
	_, err = client.Environments().GetVariables(ctx, "none")
	fmt.Println("environment:", err != nil)
	err = client.Vaults().GrantGroupPermissions(ctx, vaultID, []onepassword.GroupAccess{{GroupID: "none", Permissions: onepassword.ReadItems}})
	fmt.Println("granted:", err == nil)
	return client.Vaults().Delete(ctx, vaultID)
}

func tokens(ctx context.Context) error {
	client, err := onepassword.NewClient(ctx, onepassword.WithServiceAccountToken(os.Getenv("TOKEN")), onepassword.WithIntegrationInfo("CI", "1"))
	if err != nil {
		return err
	}
	fmt.Println(must(client.SecretsAPI.Resolve(ctx, os.Getenv("REFERENCE"))))
	_, err = onepassword.NewClient(ctx, onepassword.WithServiceAccountToken("ops_none"))
	fmt.Println("opened:", err == nil)
	return nil
}

func helpers(ctx context.Context) error {
	recipe := onepassword.NewPasswordRecipeTypeVariantMemorable(&onepassword.PasswordRecipeMemorableInner{
		SeparatorType: onepassword.SeparatorTypeUnderscores, WordListType: onepassword.WordListTypeSyllables, WordCount: 3,
	})
	password := must(onepassword.Secrets.GeneratePassword(ctx, recipe)).Password
	fmt.Println(bytes.Count([]byte(password), []byte("_")), onepassword.Secrets.ValidateSecretReference(ctx, "op://a/b/c"))
	fmt.Println(onepassword.Secrets.ValidateSecretReference(ctx, "op://a/b") != nil)
	return nil
}

func pointer[T any](value T) *T { return &value }

func demand(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func must[T any](value T, err error) T {
	demand(err)
	return value
}
