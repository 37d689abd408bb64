// The words of an item, as plain texts.
import { AutofillBehavior, ItemCategory, ItemFieldType } from "./generated-enums.js";

export const itemCategories: readonly `${ItemCategory}`[] = Object.values(ItemCategory);
export const itemFieldTypes: readonly `${ItemFieldType}`[] = Object.values(ItemFieldType);
export const autofillBehaviors: readonly `${AutofillBehavior}`[] = Object.values(AutofillBehavior);
