package postern

import (
	"context"

	"postern.invalid/client/internal/wire"
)

// VaultsAPI works on vaults.
type VaultsAPI interface {
	// Create makes a vault.
	Create(ctx context.Context, params VaultCreateParams) (Vault, error)

	// List returns an overview of each vault that the client may see.
	List(ctx context.Context, params ...VaultListParams) ([]VaultOverview, error)

	// GetOverview returns the overview of one vault.
	GetOverview(ctx context.Context, vaultID string) (VaultOverview, error)

	// Get returns a vault, and on request who may do what in it.
	Get(ctx context.Context, vaultID string, vaultParams VaultGetParams) (Vault, error)

	// Update changes the title or the description of a vault.
	Update(ctx context.Context, vaultID string, params VaultUpdateParams) (Vault, error)

	// Delete deletes a vault with its items.
	Delete(ctx context.Context, vaultID string) error

	// GrantGroupPermissions gives groups permissions in a vault.
	GrantGroupPermissions(ctx context.Context, vaultID string, groupPermissionsList []GroupAccess) error

	// UpdateGroupPermissions changes the permissions of groups in vaults.
	UpdateGroupPermissions(ctx context.Context, groupPermissionsList []GroupVaultAccess) error

	// RevokeGroupPermissions takes all permissions in a vault from a group.
	RevokeGroupPermissions(ctx context.Context, vaultID string, groupID string) error
}

type vaultsAPI struct{ caller *caller }

func (v vaultsAPI) Create(ctx context.Context, params VaultCreateParams) (Vault, error) {
	var made Vault
	err := v.caller.call(ctx, "vaults.create", params, &made)
	return made, err
}

func (v vaultsAPI) List(ctx context.Context, params ...VaultListParams) ([]VaultOverview, error) {
	var asked VaultListParams
	if len(params) > 0 {
		asked = params[0]
	}
	var answered struct {
		Vaults []VaultOverview `json:"vaults"`
	}
	err := v.caller.call(ctx, "vaults.list", asked, &answered)
	return answered.Vaults, err
}

func (v vaultsAPI) GetOverview(ctx context.Context, vaultID string) (VaultOverview, error) {
	var overview VaultOverview
	err := v.caller.call(ctx, "vaults.getOverview", vaultParams{VaultID: vaultID}, &overview)
	return overview, err
}

func (v vaultsAPI) Get(ctx context.Context, vaultID string, params VaultGetParams) (Vault, error) {
	var vault Vault
	asked := struct {
		vaultParams
		VaultGetParams
	}{vaultParams{VaultID: vaultID}, params}
	err := v.caller.call(ctx, "vaults.get", asked, &vault)
	return vault, err
}

func (v vaultsAPI) Update(ctx context.Context, vaultID string, params VaultUpdateParams) (Vault, error) {
	var vault Vault
	asked := struct {
		vaultParams
		VaultUpdateParams
	}{vaultParams{VaultID: vaultID}, params}
	err := v.caller.call(ctx, "vaults.update", asked, &vault)
	return vault, err
}

func (v vaultsAPI) Delete(ctx context.Context, vaultID string) error {
	return v.caller.call(ctx, "vaults.delete", vaultParams{VaultID: vaultID}, nil)
}

func (v vaultsAPI) GrantGroupPermissions(ctx context.Context, vaultID string, groupPermissionsList []GroupAccess) error {
	return v.caller.call(ctx, "vaults.grantGroupPermissions", struct {
		VaultID          string        `json:"vaultId"`
		GroupPermissions []GroupAccess `json:"groupPermissions"`
	}{vaultID, wire.Listed(groupPermissionsList)}, nil)
}

func (v vaultsAPI) UpdateGroupPermissions(ctx context.Context, groupPermissionsList []GroupVaultAccess) error {
	params := map[string][]GroupVaultAccess{"groupPermissions": wire.Listed(groupPermissionsList)}
	return v.caller.call(ctx, "vaults.updateGroupPermissions", params, nil)
}

func (v vaultsAPI) RevokeGroupPermissions(ctx context.Context, vaultID string, groupID string) error {
	params := map[string]string{"vaultId": vaultID, "groupId": groupID}
	return v.caller.call(ctx, "vaults.revokeGroupPermissions", params, nil)
}

type vaultParams struct {
	VaultID string `json:"vaultId"`
}
