using System.Numerics;

namespace Engine.Kernels.Bodies;

/// <summary>One element of a batched matrix product, the plain way: index = (matrix * rows + row) * columns + column.</summary>
/// <remarks>
/// The sum runs up the inner index in blocks, which keep the rounding error of a long one small; the first block starts at the bias.
/// </remarks>
/// <typeparam name="T">float or double.</typeparam>
internal readonly struct MatMulBody<T> : IBody
    where T : unmanaged, INumber<T>
{
    // Inner indices of a block.
    private const int Block = 256;

    private readonly int _rows;
    private readonly int _inner;
    private readonly int _columns;
    private readonly int _rowStrideA;
    private readonly int _innerStrideA;
    private readonly int _batchStrideA;
    private readonly int _innerStrideB;
    private readonly int _columnStrideB;
    private readonly int _batchStrideB;
    private readonly int _batchStrideBias;
    private readonly int _hasBias;
    private readonly int _rectifies;
    private readonly View<T> _destination;
    private readonly View<T> _a;
    private readonly View<T> _b;
    private readonly View<T> _bias;

    /// <summary>The body of a product.</summary>
    /// <param name="shape">Sizes, transposes and batch strides.</param>
    /// <param name="destination">The products.</param>
    /// <param name="a">The left matrices.</param>
    /// <param name="b">The right matrices.</param>
    /// <param name="bias">The rows to start from, or an empty view.</param>
    public MatMulBody(MatMulShape shape, View<T> destination, View<T> a, View<T> b, View<T> bias)
    {
        _rows = shape.Rows;
        _inner = shape.Inner;
        _columns = shape.Columns;
        _rowStrideA = shape.TransposeA ? 1 : shape.Inner;
        _innerStrideA = shape.TransposeA ? shape.Rows : 1;
        _batchStrideA = shape.BatchStrideA;
        _innerStrideB = shape.TransposeB ? 1 : shape.Columns;
        _columnStrideB = shape.TransposeB ? shape.Inner : 1;
        _batchStrideB = shape.BatchStrideB;
        _batchStrideBias = shape.BatchStrideBias;
        _hasBias = bias.Length > 0 ? 1 : 0;
        _rectifies = shape.Rectifies ? 1 : 0;
        _destination = destination;
        _a = a;
        _b = b;
        _bias = bias;
    }

    /// <inheritdoc/>
    public void Invoke(int index)
    {
        int column = index % _columns, row = index / _columns % _rows, matrix = index / _columns / _rows;
        int atA = (matrix * _batchStrideA) + (row * _rowStrideA);
        int atB = (matrix * _batchStrideB) + (column * _columnStrideB);
        T sum = _hasBias != 0 ? _bias[(matrix * _batchStrideBias) + column] : T.Zero, earlier = T.Zero;
        for (int k = 0; k < _inner; k++)
        {
            if (k > 0 && (k & (Block - 1)) == 0)
            {
                earlier += sum;
                sum = T.Zero;
            }

            sum += _a[atA + (k * _innerStrideA)] * _b[atB + (k * _innerStrideB)];
        }

        sum += earlier;
        _destination[index] = _rectifies != 0 && sum < T.Zero ? T.Zero : sum;
    }
}
