require("./replay.cjs")(require("@postern/client"));
