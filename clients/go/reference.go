package postern

import (
	"regexp"
	"slices"
	"strings"
)

// Secret references, op://vault/item[/section]/field[?query], read as the official package reads them: the same characters, the same order
// of checks, the same words.

const referencePrefix = "op://"

const (
	faultPrefix    = `secret reference is not prefixed with "op://"`
	faultCharacter = "invalid character in secret reference: secret references must only contain alphanumeric, _, . or - characters"
	faultFormat    = `secret reference has invalid format - must be "op://<vault>/<item>/[section/]field[?attribute=<attribute-value>]"`
	faultKey       = "secret reference has invalid query parameter key"
	// The official text has the stray brace too, and programs may compare texts.
	faultValue = "secret reference has invalid query parameter value}"
)

const (
	referencePartsMin = 3
	referencePartsMax = 4
)

var legalPart = regexp.MustCompile(`^[A-Za-z0-9 \-_.]*$`)

var queryValues = map[string][]string{
	"attribute":  {"otp", "totp"},
	"ssh-format": {"openssh"},
}

// validateReference names a fault in the query before one in the path.
func validateReference(text string) error {
	rest, hasPrefix := strings.CutPrefix(text, referencePrefix)
	if !hasPrefix {
		return tableError("invalidReference", faultPrefix)
	}
	path, query, hasQuery := strings.Cut(rest, "?")
	if strings.Contains(query, "?") {
		return tableError("invalidReference", faultCharacter)
	}
	if hasQuery {
		if fault := queryFault(query); fault != "" {
			return tableError("invalidReference", fault)
		}
	}
	if !legalPart.MatchString(strings.ReplaceAll(path, "/", "")) {
		return tableError("invalidReference", faultCharacter)
	}
	if parts := strings.Count(path, "/") + 1; parts < referencePartsMin || parts > referencePartsMax {
		return tableError("invalidReference", faultFormat)
	}
	return nil
}

func queryFault(query string) string {
	parts := strings.Split(query, "=")
	if len(parts) != 2 || !legalPart.MatchString(parts[0]) || !legalPart.MatchString(parts[1]) {
		return faultFormat
	}
	values, isKnown := queryValues[parts[0]]
	if !isKnown {
		return faultKey
	}
	if !slices.Contains(values, parts[1]) {
		return faultValue
	}
	return ""
}
