package postern_test

import (
	"context"
	"errors"
	"fmt"

	postern "postern.invalid/client"
)

func ExampleNewClient() {
	ctx := context.Background()
	client, err := postern.NewClient(ctx, postern.WithDesktopAppIntegration(""), postern.WithIntegrationInfo("shop", "1.0.0"),
		postern.WithSocket("/none/agent.sock"))
	var missing *postern.AgentNotRunningError
	if errors.As(err, &missing) {
		fmt.Println(err)
		return
	}
	defer client.Close()
	// Output: error initializing client: no agent is running: there is no socket; start it with `postern agent start`
}

func ExampleSecrets() {
	err := postern.Secrets.ValidateSecretReference(context.Background(), "op://Demo/DATABASE_URL")
	fmt.Println(errors.Is(err, postern.ErrInvalidReference))
	// Output: true
}

func ExampleNewPasswordRecipeTypeVariantRandom() {
	recipe := postern.NewPasswordRecipeTypeVariantRandom(&postern.PasswordRecipeRandomInner{IncludeDigits: true, Length: 20})
	made, err := postern.Secrets.GeneratePassword(context.Background(), recipe)
	fmt.Println(len(made.Password), err)
	// Output: 20 <nil>
}
