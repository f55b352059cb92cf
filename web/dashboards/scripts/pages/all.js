// The pages by name. A page: { uses (what of the head), lead, bones, load(ctx, signal), isEmpty(data), draw(ctx, data), start(ctx, body, data) }.

import { funnel } from "./funnel.js";
import { journey } from "./journey.js";
import { live } from "./live.js";
import { overview } from "./overview.js";
import { products } from "./products.js";
import { retention } from "./retention.js";
import { searches } from "./searches.js";
import { trust } from "./trust.js";
import { wishlist } from "./wishlist.js";

export const pages = { overview, funnel, products, searches, wishlist, live, journey, retention, trust };
