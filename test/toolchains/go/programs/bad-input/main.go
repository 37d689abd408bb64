// Meets what is wrong, case after case, and prints what it learns of each: a line of JSON with the class and the text of the error. With ours
// it changes its import line, and nothing else.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/1password/onepassword-sdk-go"
)

// tooLong is one byte of text more than the longest line of any door.
const tooLong = 73 << 20

type meeting struct {
	Name       string
	Socket     string
	Account    string
	Token      string
	Act        string
	DeadlineMs int
}

func main() {
	var cases []meeting
	if err := json.Unmarshal([]byte(os.Getenv("CASES")), &cases); err != nil {
		log.Fatal(err)
	}
	for _, one := range cases {
		begun := time.Now()
		err := meet(one)
		told := map[string]any{"name": one.Name, "class": "none", "text": "", "ms": time.Since(begun).Milliseconds()}
		if err != nil {
			told["class"], told["text"] = classOf(err), err.Error()
		}
		line, err := json.Marshal(told)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(string(line))
	}
}

func meet(one meeting) error {
	if err := os.Setenv("POSTERN_SOCKET", one.Socket); err != nil {
		return err
	}
	ctx := context.Background()
	if one.DeadlineMs > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(one.DeadlineMs)*time.Millisecond)
		defer cancel()
	}
	auth := onepassword.WithDesktopAppIntegration(one.Account)
	if one.Token != "" {
		auth = onepassword.WithServiceAccountToken(one.Token)
	}
	client, err := onepassword.NewClient(ctx, auth, onepassword.WithIntegrationInfo("shop", "1"))
	if err != nil {
		return err
	}
	switch one.Act {
	case "read":
		_, err = client.Secrets().Resolve(ctx, os.Getenv("REFERENCE"))
	case "write":
		_, err = client.Vaults().Create(ctx, onepassword.VaultCreateParams{Title: "Made"})
	case "large":
		notes := strings.Repeat("x", tooLong)
		_, err = client.Items().Create(ctx, onepassword.ItemCreateParams{Title: "Large", Category: onepassword.ItemCategoryLogin, Notes: &notes})
	}
	return err
}

// classOf is the type of the first error that is no plain text. For an error of the table it is the name.
func classOf(err error) string {
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		class := strings.TrimPrefix(fmt.Sprintf("%T", inner), "*")
		if strings.HasPrefix(class, "fmt.") || strings.HasPrefix(class, "errors.") {
			continue
		}
		if name := reflect.Indirect(reflect.ValueOf(inner)).FieldByName("Name"); name.IsValid() {
			return name.String()
		}
		return class
	}
	return fmt.Sprintf("%T", err)
}
