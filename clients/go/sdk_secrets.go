package postern

import (
	"context"
	"errors"

	"postern.invalid/client/internal/wire"
)

// SecretsAPI resolves secret references.
type SecretsAPI interface {
	// Resolve returns the secret of a reference.
	Resolve(ctx context.Context, secretReference string) (string, error)

	// ResolveAll returns the secrets of several references. Each has its own outcome, under the reference as the caller wrote it.
	ResolveAll(ctx context.Context, secretReferences []string) (ResolveAllResponse, error)
}

type secretsAPI struct{ caller *caller }

func (s secretsAPI) Resolve(ctx context.Context, secretReference string) (string, error) {
	var resolved struct {
		Secret string `json:"secret"`
	}
	params := map[string]string{"reference": secretReference}
	err := s.caller.call(ctx, "secrets.resolve", params, &resolved)
	return resolved.Secret, ofResolving(err)
}

func (s secretsAPI) ResolveAll(ctx context.Context, secretReferences []string) (ResolveAllResponse, error) {
	params := map[string][]string{"references": wire.Listed(secretReferences)}
	outcomes, err := outcomesOf[ResolvedReference](ctx, s.caller, "secrets.resolveAll", params, len(secretReferences))
	if err != nil {
		return ResolveAllResponse{}, err
	}
	all := make(map[string]Response[ResolvedReference, ResolveReferenceError], len(secretReferences))
	for index, response := range responses(outcomes, resolveFailure) {
		all[secretReferences[index]] = response
	}
	return ResolveAllResponse{all}, nil
}

// errOtherCount guards against an answer that would give a value to the wrong name.
var errOtherCount = errors.New("the agent answered another number of outcomes than it was asked for")

// ofResolving begins the text of an error of resolving as the official package does.
func ofResolving(err error) error {
	failed, ok := errors.AsType[*Error](err)
	if !ok || !isOfResolving(failed.Name) {
		return err
	}
	told := *failed
	told.Message = "error resolving secret reference: " + told.Message
	return official(&told)
}

func isOfResolving(name string) bool {
	switch name {
	case "invalidReference", "vaultNotFound", "tooManyVaults", "itemNotFound", "tooManyItems", "noMatchingSections", "fieldNotFound",
		"tooManyMatchingFields", "incompatibleTotpQuery", "incompatibleSshQuery", "totpUnavailable", "privateKeyUnreadable",
		"sshKeyMetadataNotFound", "unsupportedFileFormat":
		return true
	}
	return false
}

type secretsUtil struct{}

// Secrets has what needs neither a client nor an agent.
var Secrets = secretsUtil{}

// ValidateSecretReference returns ErrInvalidReference where a text is no reference. It reads the text in this process.
func (secretsUtil) ValidateSecretReference(ctx context.Context, secretReference string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return validateReference(secretReference)
}

// GeneratePassword makes a password by a recipe, in this process. It returns ErrInvalidRecipe for a length out of range.
func (secretsUtil) GeneratePassword(ctx context.Context, recipe PasswordRecipe) (GeneratePasswordResponse, error) {
	if err := ctx.Err(); err != nil {
		return GeneratePasswordResponse{}, err
	}
	password, err := generatePassword(recipe)
	return GeneratePasswordResponse{password}, err
}
