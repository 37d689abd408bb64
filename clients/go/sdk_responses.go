package postern

import "postern.invalid/client/internal/wire"

// The outcomes of batches, and what else of the official package is not on the wire.

// ErrorMessage is a text for a person.
type ErrorMessage string

// Response is one outcome of several: a content or an error.
type Response[T any, E any] struct {
	Content *T `json:"content,omitempty"`
	Error   *E `json:"error,omitempty"`
}

// ItemsDeleteAllResponse has the outcome of each item by its id.
type ItemsDeleteAllResponse struct {
	IndividualResponses map[string]Response[struct{}, ItemUpdateFailureReason] `json:"individualResponses"`
}

// ItemsGetAllResponse has the outcomes in the order of the request.
type ItemsGetAllResponse struct {
	IndividualResponses []Response[Item, ItemsGetAllError] `json:"individualResponses"`
}

// ItemsUpdateAllResponse has the outcomes in the order of the request.
type ItemsUpdateAllResponse struct {
	IndividualResponses []Response[Item, ItemUpdateFailureReason] `json:"individualResponses"`
}

// ItemListFilterByStateInner says which items a list has.
type ItemListFilterByStateInner struct {
	Active   bool `json:"active"`
	Archived bool `json:"archived"`
}

// ResolvedReference is a secret and where it lies.
type ResolvedReference struct {
	Secret  string `json:"secret"`
	ItemID  string `json:"itemId"`
	VaultID string `json:"vaultId"`
}

// ResolveAllResponse has the outcome of each reference, by the reference as it was sent.
type ResolveAllResponse struct {
	IndividualResponses map[string]Response[ResolvedReference, ResolveReferenceError] `json:"individualResponses"`
}

// GeneratePasswordResponse is a new password.
type GeneratePasswordResponse struct {
	Password string `json:"password"`
}

// GetVariablesResponse has the variables of an environment.
type GetVariablesResponse struct {
	Variables []EnvironmentVariable `json:"variables"`
}

// VaultCreateParams describe a new vault.
type VaultCreateParams struct {
	Title             string  `json:"title"`
	Description       *string `json:"description,omitempty"`
	AllowAdminsAccess *bool   `json:"allowAdminsAccess,omitempty"`
}

// VaultUpdateParams say what changes. What is nil stays.
type VaultUpdateParams struct {
	Title       *string `json:"title,omitempty"`
	Description *string `json:"description,omitempty"`
}

// VaultGetParams say what the answer has beside the vault.
type VaultGetParams struct {
	Accessors *bool `json:"accessors,omitempty"`
}

// VaultListParams say whether the overviews are opened.
type VaultListParams struct {
	DecryptDetails *bool `json:"decryptDetails,omitempty"`
}

// GroupGetParams say what the answer has beside the group.
type GroupGetParams struct {
	VaultPermissions *bool `json:"vaultPermissions,omitempty"`
}

func updateFailure(failed wire.Failure) *ItemUpdateFailureReason {
	reason := NewItemUpdateFailureReasonTypeVariantInternal(ErrorMessage(failed.Message))
	switch failed.Name {
	case "invalidItem":
		reason = NewItemUpdateFailureReasonTypeVariantItemValidationError(ErrorMessage(failed.Message))
	case "notPermitted":
		reason = NewItemUpdateFailureReasonTypeVariantItemStatusPermissionError()
	case "versionConflict":
		reason = NewItemUpdateFailureReasonTypeVariantItemStatusIncorrectItemVersion()
	case "fileNotFound":
		reason = NewItemUpdateFailureReasonTypeVariantItemStatusFileNotFound()
	case "tooLarge":
		reason = NewItemUpdateFailureReasonTypeVariantItemStatusTooBig()
	case "itemNotFound":
		reason = NewItemUpdateFailureReasonTypeVariantItemNotFound()
	}
	return &reason
}

func readFailure(failed wire.Failure) *ItemsGetAllError {
	reason := NewItemsGetAllErrorTypeVariantInternal(ErrorMessage(failed.Message))
	if failed.Name == "itemNotFound" {
		reason = NewItemsGetAllErrorTypeVariantItemNotFound()
	}
	return &reason
}

func resolveFailure(failed wire.Failure) *ResolveReferenceError {
	reason := NewResolveReferenceErrorTypeVariantOther()
	switch failed.Name {
	case "invalidReference":
		reason = NewResolveReferenceErrorTypeVariantParsing(ErrorMessage(failed.Message))
	case "totpUnavailable":
		reason = NewResolveReferenceErrorTypeVariantUnableToGenerateTOTPCode(ErrorMessage(failed.Message))
	case "incompatibleTotpQuery":
		reason = NewResolveReferenceErrorTypeVariantIncompatibleTOTPQueryParameterField()
	case "incompatibleSshQuery":
		reason = NewResolveReferenceErrorTypeVariantIncompatibleSSHKeyQueryParameterField()
	case "privateKeyUnreadable":
		reason = NewResolveReferenceErrorTypeVariantUnableToParsePrivateKey()
	case "sshKeyMetadataNotFound":
		reason = NewResolveReferenceErrorTypeVariantSSHKeyMetadataNotFound()
	case "vaultNotFound", "tooManyVaults", "itemNotFound", "tooManyItems", "noMatchingSections", "fieldNotFound",
		"tooManyMatchingFields", "unsupportedFileFormat":
		// The official words for these are our names.
		reason = ResolveReferenceError{Type: ResolveReferenceErrorTypes(failed.Name)}
	}
	return &reason
}
