package postern

import (
	"context"
	"errors"

	"postern.invalid/client/internal/wire"
)

// ItemsFilesAPI works on the files of items.
type ItemsFilesAPI interface {
	// Attach adds a file to an item.
	Attach(ctx context.Context, item Item, fileParams FileCreateParams) (Item, error)

	// Read returns the bytes of a file.
	Read(ctx context.Context, vaultID string, itemID string, attr FileAttributes) ([]byte, error)

	// Delete takes a file from an item, by its section and field.
	Delete(ctx context.Context, item Item, sectionID string, fieldID string) (Item, error)

	// ReplaceDocument replaces the file of a Document.
	ReplaceDocument(ctx context.Context, item Item, docParams DocumentCreateParams) (Item, error)
}

type filesAPI struct{ caller *caller }

// revision is an item in the version that the caller knows.
type revision struct {
	VaultID string `json:"vaultId"`
	ItemID  string `json:"itemId"`
	Version uint32 `json:"version"`
}

func revisionOf(item Item) revision { return revision{item.VaultID, item.ID, item.Version} }

// writeTarget is where a large file goes. A title makes a new Document, and a section and a field attach to an item.
type writeTarget struct {
	VaultID   string  `json:"vaultId"`
	Title     *string `json:"title,omitempty"`
	ItemID    *string `json:"itemId,omitempty"`
	Version   *uint32 `json:"version,omitempty"`
	SectionID *string `json:"sectionId,omitempty"`
	FieldID   *string `json:"fieldId,omitempty"`
	Name      string  `json:"name"`
	Size      int     `json:"size"`
}

func (f filesAPI) Attach(ctx context.Context, item Item, fileParams FileCreateParams) (Item, error) {
	if len(fileParams.Content) > chunkBytesMax {
		return f.write(ctx, writeTarget{
			VaultID: item.VaultID, ItemID: &item.ID, Version: &item.Version,
			SectionID: &fileParams.SectionID, FieldID: &fileParams.FieldID, Name: fileParams.Name,
		}, fileParams.Content)
	}
	fileParams.Content = wire.Listed(fileParams.Content)
	var written Item
	err := f.caller.call(ctx, "files.attach", struct {
		revision
		File FileCreateParams `json:"file"`
	}{revisionOf(item), fileParams}, &written)
	return written, err
}

func (f filesAPI) Read(ctx context.Context, vaultID string, itemID string, attr FileAttributes) ([]byte, error) {
	var opened handled
	params := map[string]string{"vaultId": vaultID, "itemId": itemID, "fileId": attr.ID}
	if err := f.caller.call(ctx, "files.openRead", params, &opened); err != nil {
		return nil, err
	}
	content := []byte{}
	for {
		var chunk struct {
			Content []byte `json:"content"`
			Last    bool   `json:"last"`
		}
		if err := f.caller.call(ctx, "files.readChunk", handled{opened.Handle}, &chunk); err != nil {
			return nil, err
		}
		content = append(content, chunk.Content...)
		if chunk.Last {
			return content, nil
		}
		if len(chunk.Content) == 0 {
			return nil, errNoLastChunk
		}
	}
}

// errNoLastChunk guards against a read without an end.
var errNoLastChunk = errors.New("the agent sent a part of a file that is empty and not the last one")

func (f filesAPI) Delete(ctx context.Context, item Item, sectionID string, fieldID string) (Item, error) {
	var written Item
	err := f.caller.call(ctx, "files.delete", struct {
		revision
		SectionID string `json:"sectionId"`
		FieldID   string `json:"fieldId"`
	}{revisionOf(item), sectionID, fieldID}, &written)
	return written, err
}

func (f filesAPI) ReplaceDocument(ctx context.Context, item Item, docParams DocumentCreateParams) (Item, error) {
	if len(docParams.Content) > chunkBytesMax {
		target := writeTarget{VaultID: item.VaultID, ItemID: &item.ID, Version: &item.Version, Name: docParams.Name}
		return f.write(ctx, target, docParams.Content)
	}
	docParams.Content = wire.Listed(docParams.Content)
	var written Item
	err := f.caller.call(ctx, "files.replaceDocument", struct {
		revision
		Document DocumentCreateParams `json:"document"`
	}{revisionOf(item), docParams}, &written)
	return written, err
}

type handled struct {
	Handle string `json:"handle"`
}

// write sends a large file in parts.
func (f filesAPI) write(ctx context.Context, target writeTarget, content []byte) (Item, error) {
	target.Size = len(content)
	var opened handled
	if err := f.caller.call(ctx, "files.openWrite", target, &opened); err != nil {
		return Item{}, err
	}
	for at := 0; at < len(content); at += chunkBytesMax {
		part := struct {
			Handle  string `json:"handle"`
			Content []byte `json:"content"`
		}{opened.Handle, content[at:min(at+chunkBytesMax, len(content))]}
		if err := f.caller.call(ctx, "files.writeChunk", part, nil); err != nil {
			return Item{}, err
		}
	}
	var written Item
	err := f.caller.call(ctx, "files.commit", handled{opened.Handle}, &written)
	return written, err
}
