// What the shop sells: a fixed list, and how it is searched.

export const CURRENCY = "EUR";
export const SECTIONS = { table: "Table", light: "Light", living: "Living", study: "Study" };

const product = (id, section, name, price, tint, line, text, facts, words) =>
  ({ id, section, category: SECTIONS[section], name, price, tint, line, text, facts, words });

export const PRODUCTS = [
  product("mug-aske", "table", "Aske mug", 24, "sand", "Stoneware, two glazes",
    "Thrown in small runs and dipped once, so that the glaze ends where it wants to. Holds a long coffee and keeps it warm to the last third.",
    { Material: "Stoneware", Holds: "0.35 l", Care: "Dishwasher" }, "cup coffee tea ceramic"),
  product("lamp-sopp", "light", "Sopp table lamp", 149, "rose", "Powder-coated steel",
    "One pressed shade on one turned foot. The light falls down and out, never into your eyes, and dims to the glow of a candle.",
    { Material: "Steel", Height: "38 cm", Light: "LED, dimmable" }, "mushroom reading bedside orange"),
  product("chair-furu", "living", "Furu lounge chair", 640, "clay", "Pine and wool",
    "A frame of five joints and no screws, with a seat that takes an evening to leave. Covers come off and go to the wash.",
    { Material: "Pine, wool", Size: "72 × 78 × 84 cm", Care: "Removable cover" }, "armchair seat furniture wood"),
  product("vase-bue", "living", "Bue vase", 56, "mist", "Matte porcelain",
    "A narrow neck and a wide shoulder: three stems look like a bouquet. Watertight, and heavy enough to stay where it stands.",
    { Material: "Porcelain", Height: "24 cm", Care: "Rinse by hand" }, "flower ceramic lilac"),
  product("carafe-vik", "table", "Vik carafe", 48, "sage", "Mouth-blown glass, cork",
    "Blown in one breath and closed with cork. Fits the door of a fridge and the middle of a table.",
    { Material: "Glass, cork", Holds: "1.1 l", Care: "Dishwasher" }, "bottle water wine jug"),
  product("pendant-klokke", "light", "Klokke pendant", 189, "sky", "Spun aluminium, brass",
    "A bell of spun aluminium over the table, with a brass collar that ages as you do. Three metres of cloth cable.",
    { Material: "Aluminium, brass", Width: "42 cm", Light: "E27, up to 60 W" }, "ceiling lamp dining hanging"),
  product("throw-ull", "living", "Ull throw", 128, "rose", "Norwegian lambswool",
    "Woven at half speed so that it stays soft. Big enough for two who do not mind each other.",
    { Material: "Lambswool", Size: "140 × 200 cm", Care: "Air, or wool wash" }, "blanket wool plaid sofa"),
  product("teapot-ro", "table", "Ro teapot", 86, "sage", "Glazed clay, rattan",
    "Pours without a drop beside the cup. The rattan stays cool, the lid stays on, and the strainer is built in.",
    { Material: "Clay, rattan", Holds: "0.9 l", Care: "Rinse by hand" }, "tea kettle pot green"),
  product("clock-stund", "study", "Stund wall clock", 78, "sky", "Oak, silent movement",
    "A clock that tells the time and then is quiet about it. The second hand glides.",
    { Material: "Oak, glass", Width: "30 cm", Power: "One AA cell" }, "time watch wall oak"),
  product("stool-krakk", "living", "Krakk stool", 165, "clay", "Solid ash, oiled",
    "A seat, a step, a bedside table. Four legs and a slice of ash, wedged and oiled.",
    { Material: "Ash", Height: "45 cm", Care: "Oil once a year" }, "chair seat wood side table"),
  product("notebook-blad", "study", "Blad notebook", 18, "sand", "Linen, 192 pages",
    "Lies flat on every page. Paper that takes a fountain pen without telling the other side.",
    { Material: "Linen, paper", Size: "A5, 192 pages", Ruling: "Dots" }, "book paper journal writing"),
  product("candle-stake", "light", "Stake candle holder", 32, "mist", "Cast brass",
    "The one you carry down the hall. Cast in sand, finished by hand, made for candles of 22 mm.",
    { Material: "Brass", Width: "13 cm", Care: "Wipe, or let it age" }, "candlestick brass candlelight"),
];

const byId = new Map(PRODUCTS.map((item) => [item.id, item]));
export const productOf = (id) => byId.get(id);
export const artOf = (item) => `/shop/art/${item.id.split("-")[0]}.svg`;

// Every word of the query must begin a word of the product.
export function find(query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return PRODUCTS.filter((item) => {
    const text = ` ${item.name} ${item.category} ${item.line} ${item.words}`.toLowerCase();
    return words.length > 0 && words.every((word) => text.includes(` ${word}`));
  });
}

export function companions(item) {
  const others = PRODUCTS.filter((other) => other !== item);
  return [...others.filter((other) => other.section === item.section), ...others.filter((other) => other.section !== item.section)].slice(0, 4);
}
