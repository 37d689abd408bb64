// The words of an item, as the catalogue has them.
import { ItemCategory, ItemFieldType, Website } from "../item/item.ts";

export const itemCategories = ItemCategory.enum;
export const itemFieldTypes = ItemFieldType.enum;
export const autofillBehaviors = Website.properties.autofillBehavior.enum;
