import * as sdk from "@postern/client";
import replay from "./replay.cjs";

await replay(sdk);
