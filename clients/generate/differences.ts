// The page of the reference about differences to the official SDKs: those that are on purpose, and official texts that Postern never
// uses. test/client/texts.test.ts compares the texts that it does use.

export const differences = `# Where this differs from the official SDKs, and why

| what | here | why |
| --- | --- | --- |
| malformed parameters | name the field and the rule, or say the official words for the limit | "data did not match any variant of untagged enum" helps nobody |
| more than one match | the error names up to ten candidates: ids of vaults or items, \`section/field\` of fields. Only to whom the names are granted | the next step is to use one of them |
| tags | any Unicode | people's languages |
| ids in validation texts | the place (\`fields[2].id\`, \`groupPermissions[0]\`) | errors carry no peer's values |
| static helpers | throw errors | the official JavaScript throws a JSON text |
| unknown keys of a request | nested no deeper than 32 | a deep text costs a parser its stack; the deepest parameter needs 9 |
| files through the official clients | taken up to 37 MiB from Go, 14 MiB from JavaScript and 11 MiB from Python; read up to 40, 20 and 6 MiB | their forms of a file take up to eleven times its size; a line has 72 MiB |
| lists through the official clients | some 250,000 items in JavaScript and Go, 85,000 in Python | the same: Python's client reads each character as a number |
| structures | objects by name alone | the official core also reads them as lists in the order of its fields; no client sends that |
| times | a day and a time of day that exist, RFC 3339 | the official core also takes other characters than \`T\` between them, and leap seconds; no client sends that |
| reading \`Vault\` | one place for users and groups; service accounts are not listed | the official types have no word for them |
| word lists | our own: 7,776 words (EFF, CC BY 3.0 US), 9,445 syllables, 9,702 chunks of three letters | the official ones are not ours to copy |
| \`resolveAll\` | at most 100 references | one prompt that a person can read |
| sizes | each has a limit, which stands with its method: a reference 2,048 characters, a title 256, a value 512 KiB, 200 fields | one item stays small enough to seal, send and show |
| \`createAll\` | takes no files | a batch is one line and one transaction; \`items.create\` takes them |
| an RSA key | 2048, 3072 or 4096 bits | less is broken, more is nobody's default |
| an encrypted private key | refused, naming the command that takes its passphrase away | nobody could be asked for the passphrase at a read |

## Official texts that are never said here

| text | because |
| --- | --- |
| \`tags list contains non-ascii characters\` | any Unicode is taken |
| \`custom field with id 'X' must be part of a section\` | such a field is put into the section without a name, as in official cores since 0.2.1 |
| \`cannot update item X. Editing is not supported for unsupported fields,\` | a field of an unsupported type is never stored |
| \`document not found in item\` | a Document is never without its document |
| \`The item creation parameters contained an invalid vault id\` | what is no id is answered like an id of nothing: \`vault couldn't be found\` |
| \`unable to format private key to OpenSSH format\` | every key that is stored has that form |
| \`item is not in an active state\` | an archived item is not found by a reference, and its id reads it |
| \`something went wrong when resolving multiple secret references\` | each reference has its own outcome; what stops them all (\`locked\`, \`offline\`) is an error by its name |
| \`data conflict occurred on the server\`, \`a conflict occurred on the server\` | the second of two writers is told that the item is not up to date |
| \`error generating password: …\` | a recipe is checked before anything is drawn |
| \`request timeout\`, \`internal server error\`, \`attempting to send a request to a malformed URL\` and the other words about transport | the account service away is \`offline\`; what was not foreseen is \`internal\` with an incident id |
| \`session expired\`, \`you are not authenticated\`, \`could not register this device\` | \`locked\` and \`signedOut\` say what to do next; the first has the official name \`DesktopSessionExpired\` |
| \`invalid customer managed secret\`, \`OIDC token fetcher failed\`, \`invocation not supported for 1Password API client\`, \`no credential broker configuration found for environment\` | workload identity is another product's |
`;
