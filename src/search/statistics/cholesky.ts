/** Cholesky factors of symmetric positive definite matrices, stored by rows in one array. */
import { assert } from '../../base/assert.ts';

/** Replaces the lower triangle of an n × n matrix by its factor L with L·Lᵀ = matrix. */
export function cholesky(matrix: Float64Array, n: number): void {
  for (let row = 0; row < n; row++) {
    const rowStart = row * n;
    for (let column = 0; column <= row; column++) {
      const columnStart = column * n;
      let rest = matrix[rowStart + column] ?? 0;
      for (let index = 0; index < column; index++)
        rest -= (matrix[rowStart + index] ?? 0) * (matrix[columnStart + index] ?? 0);
      if (row === column) {
        assert(rest > 0, 'the matrix is positive definite');
        matrix[rowStart + row] = Math.sqrt(rest);
      } else {
        matrix[rowStart + column] = rest / (matrix[columnStart + column] ?? 1);
      }
    }
  }
}

/** L⁻¹·vector. */
export function forwardSolve(factor: Float64Array, vector: Float64Array): Float64Array {
  const n = vector.length;
  const solved = new Float64Array(n);
  for (let row = 0; row < n; row++) {
    const start = row * n;
    let rest = vector[row] ?? 0;
    for (let index = 0; index < row; index++)
      rest -= (factor[start + index] ?? 0) * (solved[index] ?? 0);
    solved[row] = rest / (factor[start + row] ?? 1);
  }
  return solved;
}
