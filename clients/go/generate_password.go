package postern

import (
	"crypto/rand"
	_ "embed"
	"encoding/binary"
	"slices"
	"strings"
	"sync"
)

// Passwords by the recipes of the official package: the same ranges, alphabets, guarantees and texts. The word lists are our own. Every
// password that a recipe allows is equally likely. A draw that lacks a promised kind of character is thrown away whole: mending it would
// make some passwords likelier than others.

// Ranges, both ends included. The official text for PINs says 4. The published versions take 3, so ours does.
const (
	pinMin, pinMax       = 3, 12
	randomMin, randomMax = 8, 100
	wordsMin, wordsMax   = 3, 15
)

const (
	// letters look like no other letter or digit: no I, O, S, l.
	letters = "ABCDEFGHJKLMNPQRTUVWXYZabcdefghijkmnopqrstuvwxyz"
	// digits look like no letter.
	digits    = "2346789"
	symbols   = "!*-.@_"
	allDigits = "0123456789"
)

func generatePassword(recipe PasswordRecipe) (string, error) {
	if pin := recipe.Pin(); pin != nil {
		if pin.Length < pinMin || pin.Length > pinMax {
			return "", tableError("invalidRecipe", "PIN length must be between 4 and 12")
		}
		return characters(allDigits, pin.Length), nil
	}
	if random := recipe.Random(); random != nil {
		if random.Length < randomMin || random.Length > randomMax {
			return "", tableError("invalidRecipe", "Password length must be between 8 and 100")
		}
		return randomPassword(*random), nil
	}
	if memorable := recipe.Memorable(); memorable != nil {
		if memorable.WordCount < wordsMin || memorable.WordCount > wordsMax {
			return "", tableError("invalidRecipe", "Word count must be between 3 and 15")
		}
		return memorablePassword(*memorable)
	}
	return "", tableError("invalidRecipe", "the recipe has no kind; make it by one of its constructors")
}

// draw is a whole number below the limit, each equally likely. A number past the last whole multiple is drawn again.
func draw(limit int) int {
	const range32 = uint64(1) << 32
	whole := range32 - range32%uint64(limit)
	for {
		var bytes [4]byte
		// Read never fails: where the system has no randomness, it ends the program.
		_, _ = rand.Read(bytes[:])
		if number := uint64(binary.BigEndian.Uint32(bytes[:])); number < whole {
			return int(number % uint64(limit))
		}
	}
}

func characters(alphabet string, length uint32) string {
	made := make([]byte, length)
	for index := range made {
		made[index] = alphabet[draw(len(alphabet))]
	}
	return string(made)
}

func randomPassword(recipe PasswordRecipeRandomInner) string {
	alphabet := letters
	if recipe.IncludeDigits {
		alphabet += digits
	}
	if recipe.IncludeSymbols {
		alphabet += symbols
	}
	for {
		made := characters(alphabet, recipe.Length)
		if (!recipe.IncludeDigits || strings.ContainsAny(made, digits)) && (!recipe.IncludeSymbols || strings.ContainsAny(made, symbols)) {
			return made
		}
	}
}

func memorablePassword(recipe PasswordRecipeMemorableInner) (string, error) {
	list := wordList(recipe.WordListType)
	gaps := separators(recipe.SeparatorType, recipe.WordCount-1)
	if list == nil || gaps == "" {
		return "", tableError("invalidRecipe", "the word list or the separator is not known")
	}
	raised := -1
	if recipe.Capitalize {
		raised = draw(int(recipe.WordCount))
	}
	var made strings.Builder
	for index := range int(recipe.WordCount) {
		word := list[draw(len(list))]
		if index == raised {
			word = strings.ToUpper(word)
		}
		if index > 0 {
			made.WriteByte(gaps[index-1])
		}
		made.WriteString(word)
	}
	return made.String(), nil
}

// separators are one character for each gap, and empty for a type that is not known.
func separators(kind SeparatorType, count uint32) string {
	switch kind {
	case SeparatorTypeSpaces:
		return strings.Repeat(" ", int(count))
	case SeparatorTypeHyphens:
		return strings.Repeat("-", int(count))
	case SeparatorTypeUnderscores:
		return strings.Repeat("_", int(count))
	case SeparatorTypePeriods:
		return strings.Repeat(".", int(count))
	case SeparatorTypeCommas:
		return strings.Repeat(",", int(count))
	case SeparatorTypeDigits:
		return characters(digits, count)
	case SeparatorTypeDigitsAndSymbols:
		for {
			made := characters(allDigits+symbols, count)
			if strings.ContainsAny(made, allDigits) && strings.ContainsAny(made, symbols) {
				return made
			}
		}
	}
	return ""
}

// wordList is nil for a list that is not known.
func wordList(kind WordListType) []string {
	switch kind {
	case WordListTypeFullWords:
		return fullWords()
	case WordListTypeSyllables:
		return syllables()
	case WordListTypeThreeLetters:
		return threeLetters()
	}
	return nil
}

//go:embed generated_word_list.txt
var wordText string

var fullWords = sync.OnceValue(func() []string { return strings.Fields(wordText) })

// threeLetters are of a–z without i l o s, with no two neighbours equal.
var threeLetters = sync.OnceValue(func() []string {
	const alphabet = "abcdefghjkmnpqrtuvwxyz"
	var all []string
	for _, first := range alphabet {
		for _, second := range alphabet {
			for _, third := range alphabet {
				if first != second && second != third {
					all = append(all, string([]rune{first, second, third}))
				}
			}
		}
	}
	return all
})

const (
	syllableMin = 2
	syllableMax = 4
)

// The beginnings, vowels and ends of syllables. The list has every combination of two to four letters.
const (
	onsets = " b c d f g h j k l m n p r s t v w y z bl br ch cl cr dr fl fr gl gr pl pr sh sk sl sm sn sp st sw th tr tw wh"
	nuclei = "a e i o u ai au ea ee ie oa oi oo ou"
	codas  = " b d f g k l m n p r s t v x z ck ct ft ld lf lk lm lp lt mp nd ng nk nt pt rd rk rm rn rp rt sh sk sp st th"
)

var syllables = sync.OnceValue(func() []string {
	var all []string
	for _, onset := range strings.Split(onsets, " ") {
		for _, nucleus := range strings.Split(nuclei, " ") {
			for _, coda := range strings.Split(codas, " ") {
				if made := onset + nucleus + coda; len(made) >= syllableMin && len(made) <= syllableMax {
					all = append(all, made)
				}
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
})
