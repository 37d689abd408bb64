package postern

import (
	"context"

	"postern.invalid/client/internal/wire"
)

// ItemsAPI works on items.
type ItemsAPI interface {
	// Create makes an item.
	Create(ctx context.Context, params ItemCreateParams) (Item, error)

	// CreateAll makes several items in one vault. Each has its own outcome.
	CreateAll(ctx context.Context, vaultID string, params []ItemCreateParams) (ItemsUpdateAllResponse, error)

	// Get returns an item with its values.
	Get(ctx context.Context, vaultID string, itemID string) (Item, error)

	// GetAll returns several items of one vault. Each has its own outcome.
	GetAll(ctx context.Context, vaultID string, itemIds []string) (ItemsGetAllResponse, error)

	// Put writes an item that was read before.
	Put(ctx context.Context, item Item) (Item, error)

	// Delete deletes an item.
	Delete(ctx context.Context, vaultID string, itemID string) error

	// DeleteAll deletes several items of one vault. Each has its own outcome.
	DeleteAll(ctx context.Context, vaultID string, itemIds []string) (ItemsDeleteAllResponse, error)

	// Archive puts an item into the archive.
	Archive(ctx context.Context, vaultID string, itemID string) error

	// List returns the whole list of a vault, without values. Without a filter it has the active items. Several filters add up.
	List(ctx context.Context, vaultID string, filters ...ItemListFilter) ([]ItemOverview, error)

	// Shares returns the API for links to copies of items.
	Shares() ItemsSharesAPI

	// Files returns the API for the files of items.
	Files() ItemsFilesAPI
}

type itemsAPI struct{ caller *caller }

func (i itemsAPI) Shares() ItemsSharesAPI { return sharesAPI(i) }

func (i itemsAPI) Files() ItemsFilesAPI { return filesAPI(i) }

func (i itemsAPI) Create(ctx context.Context, params ItemCreateParams) (Item, error) {
	if document := params.Document; document != nil && len(document.Content) > chunkBytesMax {
		return i.createLargeDocument(ctx, params)
	}
	// Small files are sent with the item. Larger ones follow it, each in a revision of its own.
	var small, large []FileCreateParams
	for _, file := range params.Files {
		if len(file.Content) > chunkBytesMax {
			large = append(large, file)
		} else {
			file.Content = wire.Listed(file.Content)
			small = append(small, file)
		}
	}
	params.Files = small
	if params.Document != nil {
		params.Document = &DocumentCreateParams{params.Document.Name, wire.Listed(params.Document.Content)}
	}
	var made Item
	if err := i.caller.call(ctx, "items.create", map[string]ItemCreateParams{"item": params}, &made); err != nil {
		return Item{}, err
	}
	return i.attachAll(ctx, made, large)
}

func (i itemsAPI) attachAll(ctx context.Context, item Item, files []FileCreateParams) (Item, error) {
	for _, file := range files {
		var err error
		if item, err = i.Files().Attach(ctx, item, file); err != nil {
			return Item{}, err
		}
	}
	return item, nil
}

// createLargeDocument begins with the file. Everything else follows in a second revision.
func (i itemsAPI) createLargeDocument(ctx context.Context, params ItemCreateParams) (Item, error) {
	target := writeTarget{VaultID: params.VaultID, Title: &params.Title, Name: params.Document.Name}
	made, err := filesAPI(i).write(ctx, target, params.Document.Content)
	if err != nil {
		return Item{}, err
	}
	if params.Fields != nil || params.Sections != nil || params.Notes != nil || params.Tags != nil || params.Websites != nil {
		if made, err = i.Put(ctx, withRest(made, params)); err != nil {
			return Item{}, err
		}
	}
	return i.attachAll(ctx, made, params.Files)
}

func withRest(item Item, params ItemCreateParams) Item {
	item.Fields, item.Sections, item.Tags, item.Websites = params.Fields, params.Sections, params.Tags, params.Websites
	if params.Notes != nil {
		item.Notes = *params.Notes
	}
	return item
}

func (i itemsAPI) CreateAll(ctx context.Context, vaultID string, params []ItemCreateParams) (ItemsUpdateAllResponse, error) {
	asked := struct {
		VaultID string             `json:"vaultId"`
		Items   []ItemCreateParams `json:"items"`
	}{vaultID, wire.Listed(params)}
	outcomes, err := outcomesOf[Item](ctx, i.caller, "items.createAll", asked, len(params))
	if err != nil {
		return ItemsUpdateAllResponse{}, err
	}
	return ItemsUpdateAllResponse{responses(outcomes, updateFailure)}, nil
}

func (i itemsAPI) Get(ctx context.Context, vaultID string, itemID string) (Item, error) {
	var item Item
	err := i.caller.call(ctx, "items.get", itemParams{vaultID, itemID}, &item)
	return item, err
}

func (i itemsAPI) GetAll(ctx context.Context, vaultID string, itemIds []string) (ItemsGetAllResponse, error) {
	outcomes, err := outcomesOf[Item](ctx, i.caller, "items.getAll", manyItems{vaultID, wire.Listed(itemIds)}, len(itemIds))
	if err != nil {
		return ItemsGetAllResponse{}, err
	}
	return ItemsGetAllResponse{responses(outcomes, readFailure)}, nil
}

func (i itemsAPI) Put(ctx context.Context, item Item) (Item, error) {
	item.Fields = wire.Listed(item.Fields)
	item.Sections = wire.Listed(item.Sections)
	item.Tags = wire.Listed(item.Tags)
	item.Websites = wire.Listed(item.Websites)
	item.Files = wire.Listed(item.Files)
	var written Item
	err := i.caller.call(ctx, "items.put", map[string]Item{"item": item}, &written)
	return written, err
}

func (i itemsAPI) Delete(ctx context.Context, vaultID string, itemID string) error {
	return i.caller.call(ctx, "items.delete", itemParams{vaultID, itemID}, nil)
}

func (i itemsAPI) DeleteAll(ctx context.Context, vaultID string, itemIds []string) (ItemsDeleteAllResponse, error) {
	outcomes, err := outcomesOf[struct{}](ctx, i.caller, "items.deleteAll", manyItems{vaultID, wire.Listed(itemIds)}, len(itemIds))
	if err != nil {
		return ItemsDeleteAllResponse{}, err
	}
	all := make(map[string]Response[struct{}, ItemUpdateFailureReason], len(itemIds))
	for index, response := range responses(outcomes, updateFailure) {
		// The official package has no content for an item that was deleted.
		response.Content = nil
		all[itemIds[index]] = response
	}
	return ItemsDeleteAllResponse{all}, nil
}

func (i itemsAPI) Archive(ctx context.Context, vaultID string, itemID string) error {
	return i.caller.call(ctx, "items.archive", itemParams{vaultID, itemID}, nil)
}

func (i itemsAPI) List(ctx context.Context, vaultID string, filters ...ItemListFilter) ([]ItemOverview, error) {
	asked := listParams{VaultID: vaultID, Active: len(filters) == 0}
	for _, filter := range filters {
		if state := filter.ByState(); state != nil {
			asked.Active = asked.Active || state.Active
			asked.Archived = asked.Archived || state.Archived
		}
	}
	items := []ItemOverview{}
	for {
		var page struct {
			Items []ItemOverview `json:"items"`
			More  bool           `json:"more"`
		}
		if err := i.caller.call(ctx, "items.list", asked, &page); err != nil {
			return nil, err
		}
		items = append(items, page.Items...)
		if !page.More || len(page.Items) == 0 {
			return items, nil
		}
		asked.After = page.Items[len(page.Items)-1].ID
	}
}

type itemParams struct {
	VaultID string `json:"vaultId"`
	ItemID  string `json:"itemId"`
}

type manyItems struct {
	VaultID string   `json:"vaultId"`
	ItemIDs []string `json:"itemIds"`
}

type listParams struct {
	VaultID  string `json:"vaultId"`
	Active   bool   `json:"active"`
	Archived bool   `json:"archived"`
	After    string `json:"after,omitempty"`
}

// outcomesOf calls a method that answers one outcome for each of several.
func outcomesOf[T any](ctx context.Context, caller *caller, method string, params any, count int) ([]wire.Outcome[T], error) {
	var answered struct {
		Outcomes []wire.Outcome[T] `json:"outcomes"`
	}
	if err := caller.call(ctx, method, params, &answered); err != nil {
		return nil, err
	}
	if len(answered.Outcomes) != count {
		return nil, errOtherCount
	}
	return answered.Outcomes, nil
}

func responses[T, E any](outcomes []wire.Outcome[T], reason func(wire.Failure) *E) []Response[T, E] {
	all := make([]Response[T, E], len(outcomes))
	for index, outcome := range outcomes {
		if outcome.Error == nil {
			all[index].Content = outcome.Content
		} else {
			all[index].Error = reason(*outcome.Error)
		}
	}
	return all
}
