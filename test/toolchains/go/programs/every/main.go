// Every operation of the official package, unchanged, through the bridge. It prints a line for each subject, and at the end the operations that it
// does not call. GROUP and ENVIRONMENT are ids of the account.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/1password/onepassword-sdk-go"
)

// The calls below, as they are written: each operation on a variable with the name of its API.
//
//go:embed main.go
var source string

var apis = map[string]reflect.Type{
	"secrets":      reflect.TypeFor[onepassword.SecretsAPI](),
	"items":        reflect.TypeFor[onepassword.ItemsAPI](),
	"shares":       reflect.TypeFor[onepassword.ItemsSharesAPI](),
	"files":        reflect.TypeFor[onepassword.ItemsFilesAPI](),
	"vaults":       reflect.TypeFor[onepassword.VaultsAPI](),
	"groups":       reflect.TypeFor[onepassword.GroupsAPI](),
	"environments": reflect.TypeFor[onepassword.EnvironmentsAPI](),
}

var ctx, cancel = context.WithTimeout(context.Background(), 2*time.Minute)

func main() {
	defer cancel()
	client := must(onepassword.NewClient(ctx,
		onepassword.WithDesktopAppIntegration("Ada"),
		onepassword.WithIntegrationInfo("every", "1"),
	))
	secrets, items, vaults := client.Secrets(), client.Items(), client.Vaults()
	reference := os.Getenv("REFERENCE")
	tell(len(must(secrets.Resolve(ctx, reference))))
	tell(len(must(secrets.ResolveAll(ctx, []string{reference})).IndividualResponses))

	vault := must(vaults.Create(ctx, onepassword.VaultCreateParams{Title: "Every", Description: pointer("one of each")})).ID
	listed := must(vaults.List(ctx, onepassword.VaultListParams{DecryptDetails: pointer(true)}))
	tell(slices.ContainsFunc(listed, func(one onepassword.VaultOverview) bool { return one.ID == vault }))
	opened := must(vaults.Get(ctx, vault, onepassword.VaultGetParams{Accessors: pointer(true)}))
	tell(must(vaults.GetOverview(ctx, vault)).Title, len(opened.Access) > 0)
	tell(must(vaults.Update(ctx, vault, onepassword.VaultUpdateParams{Title: pointer("Every one")})).Title)

	same := true
	for _, category := range categories {
		same = isSame(items, vault, category) && same
	}
	tell(same, len(categories))
	withFiles(items, items.Files(), vault)
	share(items.Shares(), batches(items, vault))
	permit(vaults, client.Groups(), vault)

	environments := client.Environments()
	pairs := [][]string{}
	for _, one := range must(environments.GetVariables(ctx, os.Getenv("ENVIRONMENT"))).Variables {
		pairs = append(pairs, []string{one.Name, one.Value})
	}
	tell(pairs)
	demand(vaults.Delete(ctx, vault))
	_, err := vaults.GetOverview(ctx, vault)
	tell(err.Error())
	tellCalled()
}

var fields = made([][2]string{
	{"Text", "ada"}, {"Concealed", "é\n漢"}, {"Url", "https://x.example"}, {"Totp", "JBSWY3DPEHPK3PXP"},
	{"Email", "ada@x.example"}, {"Phone", "+49 30 1234"}, {"CreditCardType", "Visa"},
	{"CreditCardNumber", "4111111111111111"}, {"MonthYear", "11/2026"}, {"Date", "2026-11-29"},
})

func made(all [][2]string) []onepassword.ItemField {
	fields := []onepassword.ItemField{}
	for index, one := range all {
		fields = append(fields, onepassword.ItemField{
			ID: fmt.Sprint("f", index), Title: one[0], FieldType: onepassword.ItemFieldType(one[0]), Value: one[1], SectionID: pointer("more"),
		})
	}
	return fields
}

// Every category but Unsupported, which nobody can make, and Document, which needs a file.
var categories = strings.Fields("Login SecureNote CreditCard CryptoWallet Identity Password ApiCredentials BankAccount Database " +
	"DriverLicense Email MedicalRecord Membership OutdoorLicense Passport Rewards Router Server SshKey SocialSecurityNumber " +
	"SoftwareLicense Person")

// Whether an item of the category is read as it was made, and is taken back as it was read.
func isSame(items onepassword.ItemsAPI, vault, category string) bool {
	params := onepassword.ItemCreateParams{
		Title: category, Category: onepassword.ItemCategory(category), VaultID: vault, Fields: fields,
		Sections: []onepassword.ItemSection{{ID: "more", Title: "More"}}, Tags: []string{"every"}, Notes: pointer("a note"),
	}
	if category == "SshKey" {
		params.Fields = nil
	}
	if category == "Login" || category == "Password" {
		params.Websites = []onepassword.Website{{URL: "https://x.example", Label: "website", AutofillBehavior: "Never"}}
	}
	item := must(items.Create(ctx, params))
	read := must(items.Get(ctx, vault, item.ID))
	put := must(items.Put(ctx, read))
	return slices.Equal(values(read.Fields), values(params.Fields)) && read.Category == params.Category &&
		read.Notes == "a note" && slices.Equal(read.Tags, params.Tags) && put.Version == read.Version+1
}

func values(fields []onepassword.ItemField) []string {
	all := []string{}
	for _, one := range fields {
		if one.SectionID != nil && *one.SectionID == "more" {
			all = append(all, one.Title, one.Value, string(one.FieldType))
		}
	}
	return all
}

func withFiles(items onepassword.ItemsAPI, files onepassword.ItemsFilesAPI, vault string) {
	content := bytes.Repeat([]byte{7}, 100_000)
	document := must(items.Create(ctx, onepassword.ItemCreateParams{
		Title: "Paper", Category: onepassword.ItemCategoryDocument, VaultID: vault,
		Document: &onepassword.DocumentCreateParams{Name: "a.bin", Content: content},
	}))
	other := must(files.ReplaceDocument(ctx, document, onepassword.DocumentCreateParams{Name: "b.bin", Content: content[1:]}))
	tell(other.Document.Name, len(must(files.Read(ctx, vault, other.ID, *other.Document))))
	params := onepassword.FileCreateParams{Name: "c.bin", Content: content, SectionID: "s", FieldID: "c"}
	attached := must(files.Attach(ctx, other, params))
	tell(len(attached.Files), len(must(files.Delete(ctx, attached, "s", "c")).Files))
}

func batches(items onepassword.ItemsAPI, vault string) onepassword.Item {
	many := []onepassword.ItemCreateParams{}
	for n := range 100 {
		many = append(many, onepassword.ItemCreateParams{Title: fmt.Sprint("Many ", n), Category: onepassword.ItemCategoryPassword, VaultID: vault})
	}
	ids := []string{}
	for _, one := range must(items.CreateAll(ctx, vault, many)).IndividualResponses {
		ids = append(ids, one.Content.ID)
	}
	tell(len(ids), len(must(items.GetAll(ctx, vault, ids[:50])).IndividualResponses))
	demand(items.Archive(ctx, vault, ids[0]))
	archived := onepassword.NewItemListFilterTypeVariantByState(&onepassword.ItemListFilterByStateInner{Archived: true})
	found := [][]string{}
	for _, one := range must(items.List(ctx, vault, archived)) {
		found = append(found, []string{one.Title, string(one.State)})
	}
	tell(found)
	demand(items.Delete(ctx, vault, ids[1]))
	reasons := []string{}
	for _, one := range must(items.DeleteAll(ctx, vault, append(slices.Clone(ids[2:51]), ids[1]))).IndividualResponses {
		if one.Error != nil {
			reasons = append(reasons, string(one.Error.Type))
		}
	}
	tell(reasons)
	tell(len(must(items.List(ctx, vault))))
	return must(items.Get(ctx, vault, ids[60]))
}

func share(shares onepassword.ItemsSharesAPI, item onepassword.Item) {
	policy := must(shares.GetAccountPolicy(ctx, item.VaultID, item.ID))
	kinds := []string{}
	for _, one := range must(shares.ValidateRecipients(ctx, policy, []string{"ada@x.example", "x.example"})) {
		kinds = append(kinds, string(one.Type))
	}
	tell(string(policy.MaxExpiry), kinds)
	day := onepassword.ItemShareDurationOneDay
	// The embedded service has no address that others could open.
	_, err := shares.Create(ctx, item, policy, onepassword.ItemShareParams{ExpireAfter: &day, OneTimeOnly: true})
	tell(err.Error())
}

func permit(vaults onepassword.VaultsAPI, groups onepassword.GroupsAPI, vault string) {
	group, bits := os.Getenv("GROUP"), uint32(onepassword.ReadItems|onepassword.RevealItemPassword)
	whole := onepassword.GroupGetParams{VaultPermissions: pointer(true)}
	tell(must(groups.Get(ctx, group, whole)).ID == group)
	demand(vaults.RevokeGroupPermissions(ctx, vault, group))
	demand(vaults.GrantGroupPermissions(ctx, vault, []onepassword.GroupAccess{{GroupID: group, Permissions: onepassword.ReadItems}}))
	demand(vaults.UpdateGroupPermissions(ctx, []onepassword.GroupVaultAccess{{VaultID: vault, GroupID: group, Permissions: bits}}))
	held := false
	for _, one := range must(groups.Get(ctx, group, whole)).VaultAccess {
		held = held || one.VaultUuid == vault && one.Permissions == bits
	}
	tell(held)
	demand(vaults.RevokeGroupPermissions(ctx, vault, group))
}

func tellCalled() {
	missing, count := []string{}, 0
	for name, api := range apis {
		for index := range api.NumMethod() {
			method := api.Method(index).Name
			if name == "items" && (method == "Shares" || method == "Files") {
				continue
			}
			count++
			if !strings.Contains(source, name+"."+method+"(ctx") {
				missing = append(missing, name+"."+method)
			}
		}
	}
	tell("not called", missing, count)
}

func tell(words ...any) {
	texts := []string{}
	for _, word := range words {
		texts = append(texts, string(must(json.Marshal(word))))
	}
	fmt.Println(strings.Join(texts, " "))
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
