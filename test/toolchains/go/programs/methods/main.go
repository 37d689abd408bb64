// Calls every method of the package agent with parameters from a file, and prints what each answered, as its types understood it.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log"
	"os"
	"reflect"

	postern "postern.invalid/client"
	"postern.invalid/client/agent"
)

type call struct {
	Name   string          `json:"name"`
	Params json.RawMessage `json:"params"`
}

func main() {
	text, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	var calls []call
	if err := json.Unmarshal(text, &calls); err != nil {
		log.Fatal(err)
	}
	results := []any{}
	for _, one := range calls {
		results = append(results, answerTo(one))
	}
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		log.Fatal(err)
	}
}

func answerTo(one call) any {
	client, err := postern.NewClient(context.Background(), postern.WithDesktopAppIntegration(""), postern.WithSocket(os.Args[1]))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	method := reflect.ValueOf(agent.Of(client)).MethodByName(one.Name)
	if !method.IsValid() {
		log.Fatalf("there is no %s", one.Name)
	}
	given := []reflect.Value{reflect.ValueOf(context.Background())}
	if method.Type().NumIn() > 1 {
		params := reflect.New(method.Type().In(1))
		strict := json.NewDecoder(bytes.NewReader(one.Params))
		strict.DisallowUnknownFields()
		if err := strict.Decode(params.Interface()); err != nil {
			log.Fatalf("%s: %v", one.Name, err)
		}
		given = append(given, params.Elem())
	}
	answered := method.Call(given)
	if err := answered[len(answered)-1]; !err.IsNil() {
		log.Fatalf("%s: %v", one.Name, err.Interface())
	}
	if len(answered) == 1 {
		return struct{}{}
	}
	return answered[0].Interface()
}
