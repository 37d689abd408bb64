package postern

import (
	"bytes"
	"encoding/json"
)

// laterFields are the fields of an object that this client does not know, as JSON text without the braces. A text can be compared, so the
// types that have it can still be compared too.
type laterFields string

// readKeeping reads an object into a struct, and keeps the fields that are not known.
func readKeeping(data []byte, into any, later *laterFields, known ...string) error {
	if err := json.Unmarshal(data, into); err != nil {
		return err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(data, &fields); err != nil {
		return err
	}
	for _, name := range known {
		delete(fields, name)
	}
	*later = ""
	if len(fields) == 0 {
		return nil
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	*later = laterFields(text[1 : len(text)-1])
	return nil
}

// writeKeeping writes an object with the fields that were kept.
func writeKeeping(from any, later laterFields) ([]byte, error) {
	text, err := json.Marshal(from)
	if err != nil || later == "" {
		return text, err
	}
	text = bytes.TrimSuffix(text, []byte("}"))
	if len(text) > 1 {
		text = append(text, ',')
	}
	return append(append(text, later...), '}'), nil
}
