/** Under this name the progress of a workflow that runs many objects stands in its memo: to be read whether a worker is there or not. */
export const progressMemo = "progress";
