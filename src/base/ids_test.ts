import assert from "node:assert/strict";
import {
  type NodeId,
  nodeOfOtherFile,
  nodeOfPicture,
  nodeOfSizedCover,
  nodeOfTrack,
  pictureOfNode,
  sizedCoverOf,
  toFileId,
  toTrackId,
} from "./ids.ts";
import { COVER_PIXELS_MAX, FIRST_DIRECTORY_ID, FIRST_OTHER_FILE_ID } from "./limits.ts";

Deno.test("the number of a smaller cover tells the cover and the size, and is no other node's", () => {
  const covers = [
    nodeOfPicture(toTrackId(1_024), 0),
    nodeOfPicture(toTrackId(2 ** 30 - 1), 255),
    nodeOfOtherFile(toFileId(FIRST_OTHER_FILE_ID)),
    nodeOfOtherFile(toFileId(FIRST_OTHER_FILE_ID + 2 ** 32)),
  ];
  const numbers = new Set<NodeId>();
  for (const cover of covers) {
    for (const pixels of [16, 600, COVER_PIXELS_MAX]) {
      const node = nodeOfSizedCover(cover, pixels)!;
      assert.deepEqual(sizedCoverOf(node), { cover, pixels });
      assert.equal(pictureOfNode(node), undefined);
      numbers.add(node);
    }
    assert.equal(sizedCoverOf(cover), undefined);
  }
  assert.equal(numbers.size, covers.length * 3);
});

Deno.test("a node that is no cover, or has too high a number, has no smaller ones", () => {
  assert.equal(nodeOfSizedCover(nodeOfTrack(toTrackId(1_024)), 300), undefined);
  assert.equal(nodeOfSizedCover(FIRST_DIRECTORY_ID as NodeId, 300), undefined);
  assert.equal(nodeOfSizedCover(nodeOfPicture(toTrackId(2 ** 40), 0), 300), undefined);
});
