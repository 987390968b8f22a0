using System.Numerics;

namespace Engine.Kernels.Gpu.Products;

/// <summary>
/// The results of a product cut into tiles, and their sums into pieces: a group for each. The results of a piece are as many as those
/// of the product; pieces follow each other.
/// </summary>
internal readonly struct MatMulGrid
{
    private readonly int _batch;
    private readonly int _tileRows;
    private readonly int _tileColumns;
    private readonly int _batchStrideBias;
    private readonly int _rectifies;

    /// <summary>Cuts a product.</summary>
    /// <param name="shape">The product.</param>
    /// <param name="tileRows">Rows of a tile.</param>
    /// <param name="tileColumns">Columns of a tile.</param>
    /// <param name="pieces">The number of pieces wanted.</param>
    /// <param name="slab">Inner indices of which pieces have a multiple.</param>
    /// <param name="hasBias">Whether there is a bias.</param>
    public MatMulGrid(MatMulShape shape, int tileRows, int tileColumns, int pieces, int slab, bool hasBias)
    {
        _batch = shape.Batch;
        _tileRows = Parts(shape.Rows, tileRows);
        _tileColumns = Parts(shape.Columns, tileColumns);
        _batchStrideBias = shape.BatchStrideBias;
        _rectifies = shape.Rectifies ? 1 : 0;
        Rows = shape.Rows;
        Columns = shape.Columns;
        Inner = shape.Inner;
        InnerOfPiece = Parts(Parts(shape.Inner, pieces), slab) * slab;
        Pieces = Math.Max(1, Parts(shape.Inner, Math.Max(1, InnerOfPiece)));
        BiasLength = hasBias ? shape.Columns : 0;
    }

    /// <summary>Rows of a product.</summary>
    public int Rows { get; }

    /// <summary>Columns of a product.</summary>
    public int Columns { get; }

    /// <summary>Inner indices of a product.</summary>
    public int Inner { get; }

    /// <summary>Inner indices of each piece but the last, which may have fewer.</summary>
    public int InnerOfPiece { get; }

    /// <summary>Into how many pieces sums are cut.</summary>
    public int Pieces { get; }

    /// <summary>The number of columns, or 0 without a bias.</summary>
    public int BiasLength { get; }

    /// <summary>Results of all pieces.</summary>
    public long Results => (long)Pieces * _batch * Rows * Columns;

    /// <summary>Tiles of all products and pieces.</summary>
    public int Groups => checked(Pieces * _batch * _tileRows * _tileColumns);

    /// <summary>What a group works on.</summary>
    public MatMulTile Tile(int group)
    {
        int row = group / _tileColumns, matrix = row / _tileRows, piece = matrix / _batch;
        return new(row - (matrix * _tileRows), group - (row * _tileColumns), matrix - (piece * _batch), piece);
    }

    /// <summary>The element of a result.</summary>
    public int ResultAt(MatMulTile tile, int row, int column)
        => (((((tile.Piece * _batch) + tile.Matrix) * Rows) + row) * Columns) + column;

    /// <summary>The result that a sum is, or 0 if that is below and such results are not wanted.</summary>
    public T Result<T>(T sum)
        where T : unmanaged, INumber<T>
        => _rectifies != 0 && sum < T.Zero ? T.Zero : sum;

    /// <summary>The element of the bias of a column.</summary>
    public int BiasAt(int matrix, int column) => (matrix * _batchStrideBias) + column;

    private static int Parts(int length, int part) => (int)(((long)length + part - 1) / part);
}

/// <summary>What a group of a <see cref="MatMulGrid"/> works on.</summary>
/// <param name="Row">The row of tiles.</param>
/// <param name="Column">The column of tiles.</param>
/// <param name="Matrix">The matrix of the batch.</param>
/// <param name="Piece">The piece of the sums.</param>
internal readonly record struct MatMulTile(int Row, int Column, int Matrix, int Piece);
