package postern

import (
	"fmt"
	"strings"
)

const (
	// nameBytesMax and versionBytesMax are those of the official core. It counts bytes and says characters.
	nameBytesMax    = 40
	versionBytesMax = 20
)

// check returns an InvalidConfigurationError in the words of the official core. All mistakes stand in one error.
func (s settings) check() error {
	wrong := append(s.wrongAuth(), wrongText("name", s.integrationName, nameBytesMax)...)
	wrong = append(wrong, wrongText("version", s.integrationVersion, versionBytesMax)...)
	if len(wrong) == 0 {
		return nil
	}
	return &InvalidConfigurationError{"invalid user input: encountered the following errors: " + strings.Join(wrong, "; ")}
}

func (s settings) wrongAuth() []string {
	switch {
	case s.byDesktop:
		return nil
	case s.token == "":
		return []string{"one authentication method must be specified"}
	// The agent refuses tokens of the official service, and says why.
	case strings.HasPrefix(s.token, "postern_"), strings.HasPrefix(s.token, "ops_"):
		return nil
	}
	return []string{"service account token had invalid format"}
}

func wrongText(what, text string, bytesMax int) []string {
	if text == "" {
		return []string{"integration " + what + " was not specified"}
	}
	var wrong []string
	if len(text) > bytesMax {
		wrong = append(wrong, fmt.Sprintf("integration %s was too long. Max allowed: %d chars", what, bytesMax))
	}
	for _, char := range text {
		if !isAllowed(char) {
			wrong = append(wrong, fmt.Sprintf("integration %s contained unallowed char: '%c'", what, char))
		}
	}
	return wrong
}

// isAllowed says whether the official core takes a character in a name or a version.
func isAllowed(char rune) bool {
	return 'A' <= char && char <= 'Z' || 'a' <= char && char <= 'z' || '0' <= char && char <= '9' || strings.ContainsRune(" ._-", char)
}
