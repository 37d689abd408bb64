// The page of the reference about the permission bits of a vault.

export const permissions = `# Permissions

Bits of a vault, as in the official SDKs. Whoever has the vault's key can read; what a bit below allows beyond that is
enforced by the account service alone.

| bit | name | lets | needs beside it |
| --- | --- | --- | --- |
| 2 | \`MANAGE_VAULT\` | rename, delete, grant, revoke, wrap anew | |
| 16 | \`REVEAL_ITEM_PASSWORD\` | open an item's details, in which concealed values lie beside all others | \`READ_ITEMS\` |
| 32 | \`READ_ITEMS\` | list overviews | |
| 64 | \`UPDATE_ITEMS\` | change items and their files | \`READ_ITEMS\` |
| 128 | \`CREATE_ITEMS\` | make items | \`READ_ITEMS\` |
| 256 | \`ARCHIVE_ITEMS\` | archive | \`READ_ITEMS\`, \`UPDATE_ITEMS\` |
| 512 | \`DELETE_ITEMS\` | delete | \`READ_ITEMS\`, \`UPDATE_ITEMS\` |
| 1024 | \`UPDATE_ITEM_HISTORY\` | read earlier revisions | \`READ_ITEMS\`, \`REVEAL_ITEM_PASSWORD\` |
| 1, 1048576, 2097152, 4194304, 8388608 | \`RECOVER_VAULT\`, \`SEND_ITEMS\`, \`IMPORT_ITEMS\`, \`EXPORT_ITEMS\`, \`PRINT_ITEMS\` | kept and shown; nothing asks for them yet | as officially |

The official documentation wants \`REVEAL_ITEM_PASSWORD\` for editing, the official examples leave it out; so do we.
`;
