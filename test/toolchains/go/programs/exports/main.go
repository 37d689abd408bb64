// Prints what a package exports: names, signatures, fields with their tags, methods, values.
package main

import (
	"encoding/json"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"log"
	"os"
)

func main() {
	reader := importer.ForCompiler(token.NewFileSet(), "source", nil)
	if err := json.NewEncoder(os.Stdout).Encode(facts(load(reader, os.Args[1]))); err != nil {
		log.Fatal(err)
	}
}

func load(reader types.Importer, path string) *types.Package {
	found, err := reader.Import(path)
	if err != nil {
		log.Fatal(err)
	}
	return found
}

// facts are one line for each exported name, and for each exported field and method of a type.
func facts(found *types.Package) map[string]string {
	all := map[string]string{}
	qualify := func(other *types.Package) string {
		if other == found {
			return ""
		}
		return other.Name()
	}
	for _, name := range found.Scope().Names() {
		object := found.Scope().Lookup(name)
		if !object.Exported() {
			continue
		}
		switch object := object.(type) {
		case *types.Const:
			all[name] = fmt.Sprintf("const %s = %s", types.TypeString(object.Type(), qualify), object.Val())
		case *types.TypeName:
			all[name] = "type " + kindOf(object.Type().Underlying(), qualify)
			factsOfType(all, name, object.Type(), qualify)
		case *types.Func:
			all[name] = signature(object.Type().(*types.Signature), qualify)
		default:
			all[name] = types.TypeString(object.Type(), qualify)
		}
	}
	return all
}

func kindOf(underlying types.Type, qualify types.Qualifier) string {
	switch underlying.(type) {
	case *types.Struct:
		return "struct"
	case *types.Interface:
		return "interface"
	}
	return types.TypeString(underlying, qualify)
}

func factsOfType(all map[string]string, name string, of types.Type, qualify types.Qualifier) {
	if fields, ok := of.Underlying().(*types.Struct); ok {
		for index := range fields.NumFields() {
			if field := fields.Field(index); field.Exported() {
				all[name+"."+field.Name()] = types.TypeString(field.Type(), qualify) + " " + fields.Tag(index)
			}
		}
	}
	methods := types.NewMethodSet(of)
	if _, isInterface := of.Underlying().(*types.Interface); !isInterface {
		methods = types.NewMethodSet(types.NewPointer(of))
	}
	for index := range methods.Len() {
		if method := methods.At(index).Obj(); method.Exported() {
			all[name+"."+method.Name()] = signature(method.Type().(*types.Signature), qualify)
		}
	}
}

// signature is without the names of parameters: no caller sees them.
func signature(of *types.Signature, qualify types.Qualifier) string {
	plain := types.NewSignatureType(nil, nil, nil, unnamed(of.Params()), unnamed(of.Results()), of.Variadic())
	return types.TypeString(plain, qualify)
}

func unnamed(of *types.Tuple) *types.Tuple {
	var all []*types.Var
	for index := range of.Len() {
		all = append(all, types.NewParam(token.NoPos, nil, "", of.At(index).Type()))
	}
	return types.NewTuple(all...)
}
