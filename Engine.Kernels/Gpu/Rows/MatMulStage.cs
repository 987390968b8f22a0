using System.Numerics;
using ILGPU;

namespace Engine.Kernels.Gpu.Rows;

/// <summary>
/// Some rows of left matrices times the right ones: columns side by side, and for each column several threads that share out the sum.
/// </summary>
/// <typeparam name="TNumber">float or double.</typeparam>
internal readonly struct MatMulStage<TNumber> : IRowStage
    where TNumber : unmanaged, INumber<TNumber>
{
    // Products that make it worth to give part of a sum to another thread.
    private const int SliceProducts = 8;

    private readonly int _rows;
    private readonly int _rowsOfMatrix;
    private readonly int _inner;
    private readonly int _columns;
    private readonly int _innerStride;
    private readonly int _columnStride;
    private readonly int _batchStride;
    private readonly int _batchStrideBias;
    private readonly int _hasBias;
    private readonly int _rectifies;
    private readonly int _width;
    private readonly int _slices;
    private readonly int _sliceLength;
    private readonly View<TNumber> _results;
    private readonly View<TNumber> _a;
    private readonly View<TNumber> _b;
    private readonly View<TNumber> _bias;

    /// <summary>A product whose left matrices lie row by row, one after the other.</summary>
    /// <param name="shape">Sizes, the right one's transpose, and its and the bias's batch strides.</param>
    /// <param name="rows">Rows of all left matrices that are a row of the loop.</param>
    /// <param name="threads">Threads that do it.</param>
    /// <param name="results">The products.</param>
    /// <param name="a">The left matrices.</param>
    /// <param name="b">The right matrices.</param>
    /// <param name="bias">The rows to add, or an empty view.</param>
    public MatMulStage(
        MatMulShape shape, int rows, int threads, View<TNumber> results, View<TNumber> a, View<TNumber> b, View<TNumber> bias)
    {
        _rows = rows;
        _rowsOfMatrix = shape.Rows;
        _inner = shape.Inner;
        _columns = shape.Columns;
        _innerStride = shape.TransposeB ? 1 : shape.Columns;
        _columnStride = shape.TransposeB ? shape.Inner : 1;
        _batchStride = shape.BatchStrideB;
        _batchStrideBias = shape.BatchStrideBias;
        _hasBias = bias.Length > 0 ? 1 : 0;
        _rectifies = shape.Rectifies ? 1 : 0;
        _width = Math.Min(shape.Columns, threads);
        _slices = Math.Clamp(shape.Inner / SliceProducts, 1, threads / _width);
        _sliceLength = Parts.Of(shape.Inner, _slices);
        _results = results;
        _a = a;
        _b = b;
        _bias = bias;
    }

    /// <inheritdoc/>
    public static bool IsDouble => typeof(TNumber) == typeof(double);

    /// <inheritdoc/>
    public void Invoke<T>(int row, ArrayView<Quad<T>> shared)
        where T : unmanaged, INumber<T>
    {
        var sums = shared.Cast<TNumber>();
        int slice = Group.IdxX / _width, lane = Group.IdxX - (slice * _width);
        for (int number = row * _rows; number < (row + 1) * _rows; number++)
        {
            int matrix = number / _rowsOfMatrix;
            for (int first = 0; first < _columns; first += _width)
            {
                int column = first + lane;
                if (slice < _slices && column < _columns)
                    sums[Group.IdxX] = Sum(number * _inner, (matrix * _batchStride) + (column * _columnStride), slice * _sliceLength);
                Group.Barrier();
                if (slice == 0 && column < _columns)
                    _results[(number * _columns) + column] = Result(sums, lane, (matrix * _batchStrideBias) + column);

                // The sums may be written anew.
                Group.Barrier();
            }
        }
    }

    // Four sums, for no product to wait for the one before it, and eight pairs of numbers on their way together.
    private TNumber Sum(int atA, int atB, int start)
    {
        int end = Math.Min(_inner, start + _sliceLength), k = start;
        TNumber s0 = TNumber.Zero, s1 = s0, s2 = s0, s3 = s0;
        for (; k < end - 7; k += 8)
        {
            int a = atA + k, b = atB + (k * _innerStride), c = b + (4 * _innerStride);
            s0 += _a[a] * _b[b];
            s1 += _a[a + 1] * _b[b + _innerStride];
            s2 += _a[a + 2] * _b[b + (2 * _innerStride)];
            s3 += _a[a + 3] * _b[b + (3 * _innerStride)];
            s0 += _a[a + 4] * _b[c];
            s1 += _a[a + 5] * _b[c + _innerStride];
            s2 += _a[a + 6] * _b[c + (2 * _innerStride)];
            s3 += _a[a + 7] * _b[c + (3 * _innerStride)];
        }

        for (; k < end; k++)
            s0 += _a[atA + k] * _b[atB + (k * _innerStride)];
        return s0 + s1 + (s2 + s3);
    }

    private TNumber Result(ArrayView<TNumber> sums, int lane, int atBias)
    {
        TNumber sum = _hasBias != 0 ? _bias[atBias] : TNumber.Zero;
        for (int slice = 0; slice < _slices; slice++)
            sum += sums[(slice * _width) + lane];
        return _rectifies != 0 && sum < TNumber.Zero ? TNumber.Zero : sum;
    }
}
