import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { markedJson } from "../../../src/json/marked-json.ts";

describe("Marked JSON", () => {
  const layout = markedJson("busbar-sample/1");

  it("is the mark, a line end and the JSON", () => {
    assert.equal(layout.encode({ id: "ü" }).toString(), 'busbar-sample/1\n{"id":"ü"}');
    assert.deepEqual(layout.decode(layout.encode({ id: "ü", list: [1] })), { id: "ü", list: [1] });
  });

  it("of another kind or version, and what is cut off, is not read", () => {
    const others = [
      "busbar-other/1\n{}",
      "busbar-sample/2\n{}",
      "busbar-sample/1{}",
      "busbar-sample/1\n{",
      "busbar",
      "",
    ];
    assert.deepEqual(
      others.map((text) => layout.decode(Buffer.from(text))),
      others.map(() => undefined),
    );
  });
});
