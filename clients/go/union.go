package postern

import (
	"encoding/json"
	"slices"
)

// readUnion reads the kind of a union and returns its content, which stands under the key.
func readUnion(data []byte, key string, tag *string, later *laterFields) (json.RawMessage, error) {
	var known struct {
		Type string `json:"type"`
	}
	if err := readKeeping(data, &known, later, "type", key); err != nil {
		return nil, err
	}
	*tag = known.Type
	var fields map[string]json.RawMessage
	err := json.Unmarshal(data, &fields)
	return fields[key], err
}

// readContent reads the content of a union. The content may be missing or null.
func readContent[T any](content json.RawMessage, into *any) error {
	var value *T
	*into = value
	if content == nil {
		return nil
	}
	err := json.Unmarshal(content, &value)
	*into = value
	return err
}

// keepContent keeps the content of a kind that is not known here.
func keepContent(content json.RawMessage, into *any) error {
	*into = nil
	if content != nil {
		*into = slices.Clone(content)
	}
	return nil
}

// writeUnion writes a union. A kind without a content has no key for it. A content that is missing is null, as the agent asks of the
// details of a field.
func writeUnion(tag, key string, content any, later laterFields) ([]byte, error) {
	fields := map[string]any{"type": tag}
	if content != nil {
		fields[key] = content
	}
	return writeKeeping(fields, later)
}
