using Engine.Kernels;

namespace Engine.Core;

/// <summary>
/// Runs one function over blocks of a leading axis of independent rows, several blocks at a time on a device with several threads.
/// A block is small enough for the processor's caches, and a thread works through it alone, so nobody waits for anybody. Results do
/// not depend on the number of threads. Rows may come in groups of equal size, each with tensors that its rows share. A program is
/// used by one thread at a time.
/// </summary>
/// <param name="function">
/// Gets what the rows of its group share, with a first axis of size 1, and its block of rows: <c>(shared, rows) => results</c>. The
/// first axis of each result is that of the block, or has size 1 for one result a block. It is called from several threads and must
/// not read values on the host.
/// </param>
/// <param name="blockRows">Rows of a block; the last one of a group may have fewer.</param>
/// <param name="device">Where to run; the processor if null.</param>
public sealed class BlockedProgram(Func<Tensor[], Tensor[], Tensor[]> function, int blockRows, Device? device = null) : IDisposable
{
    private readonly Device _device = device ?? Device.Cpu;
    private readonly int _blockRows = blockRows > 0
        ? blockRows
        : throw new ArgumentOutOfRangeException(nameof(blockRows), blockRows, "BlockedProgram: a block has at least 1 row.");

    private readonly SingleUse _use = new(nameof(BlockedProgram));
    private readonly Lock _lock = new();
    private readonly Dictionary<(string Signature, int Rows), Stack<ProgramInstance>> _idle = [];
    private readonly Dictionary<string, (ElementType Type, Shape Shape, bool ByRow)[]> _results = [];

    /// <summary>Runs the function over all blocks.</summary>
    /// <param name="groups">Tensors whose first axis is that of the groups.</param>
    /// <param name="rows">Tensors with the same first axis: the rows of the first group, then those of the second, and so on.</param>
    /// <returns>The blocks' results one after the other along the first axis.</returns>
    /// <exception cref="ArgumentException">First axes differ or are empty, or rows can't be divided evenly among the groups.</exception>
    /// <exception cref="InvalidOperationException">
    /// The function does what that of a <see cref="TensorProgram{TIn, TOut}"/> may not; or the program is running already, or in another
    /// program.
    /// </exception>
    /// <exception cref="NotFiniteNumberException">An operation produced NaN or infinity in a scope that checks.</exception>
    public Tensor[] Run(Tensor[] groups, Tensor[] rows)
    {
        using var turn = _use.Begin();
        int groupCount = FirstAxis(groups, 1), rowCount = FirstAxis(rows, 0);
        if (groupCount == 0 || rowCount == 0 || rowCount % groupCount != 0)
        {
            throw new ArgumentException(
                $"BlockedProgram: {rowCount} rows can't be divided evenly among {groupCount} groups.", nameof(rows));
        }

        if (Recording.IsActive)
            throw new InvalidOperationException("BlockedProgram: can't run inside another program.");
        int groupRows = rowCount / groupCount, groupBlocks = (groupRows - 1) / _blockRows + 1, blocks = groupCount * groupBlocks;
        string signature = string.Join(' ', groups.Concat(rows).Select(x => $"{x.Type}{x.Shape}"));

        // Scopes are those of a thread: only this one checks.
        bool asWritten = TensorScope.IsChecking;
        Tensor[]? results = _results.TryGetValue(signature, out var known) ? Allocate(known) : null;
        try
        {
            int start = 0;
            if (results is null)
            {
                // The first block ever tells what the results look like.
                RunBlock(0);
                _results[signature] = known!;
                start = 1;
            }

            if (asWritten)
            {
                for (int block = start; block < blocks; block++)
                    RunBlock(block);
            }
            else
            {
                _device.Concurrently(blocks - start, piece => RunBlock(start + piece));
            }

            return results!;
        }
        catch
        {
            foreach (var result in results ?? [])
                result.Dispose();
            throw;
        }

        int FirstRow(int block) => (block / groupBlocks * groupRows) + (block % groupBlocks * _blockRows);

        int RowsOf(int block) => Math.Min(_blockRows, groupRows - (block % groupBlocks * _blockRows));

        void RunBlock(int block)
        {
            var instance = Rent(block);
            try
            {
                for (int i = 0; i < groups.Length; i++)
                    instance.SetInput(i, groups[i], block / groupBlocks * RowBytes(groups[i]));
                for (int i = 0; i < rows.Length; i++)
                    instance.SetInput(groups.Length + i, rows[i], FirstRow(block) * RowBytes(rows[i]));
                if (asWritten)
                    instance.RunAsWritten();
                else
                    instance.Run();
                known ??= [.. instance.Results.Select(Whole)];
                results ??= Allocate(known);
                if (asWritten || instance.IsFirstRun)
                    Require(instance.Results, block);
                for (int i = 0; i < results.Length; i++)
                    instance.CopyResult(i, results[i], (known[i].ByRow ? FirstRow(block) : block) * RowBytes(results[i]));
                instance.Deliver();
            }
            catch
            {
                instance.Dispose();
                throw;
            }

            if (asWritten)
            {
                instance.Dispose();
                return;
            }

            lock (_lock)
            {
                if (!_idle.TryGetValue((signature, RowsOf(block)), out var idle))
                    _idle.Add((signature, RowsOf(block)), idle = new Stack<ProgramInstance>());
                idle.Push(instance);
            }
        }

        ProgramInstance Rent(int block)
        {
            lock (_lock)
            {
                if (!asWritten && _idle.TryGetValue((signature, RowsOf(block)), out var idle) && idle.TryPop(out var instance))
                    return instance;
            }

            return new ProgramInstance(
                inputs => function(inputs[..groups.Length], inputs[groups.Length..]),
                _device,
                [.. groups.Select(x => (x.Type, x.Shape.With(0, 1))), .. rows.Select(x => (x.Type, x.Shape.With(0, RowsOf(block))))]);
        }

        void Require(Tensor[] found, int block)
        {
            var wanted = known!.Select(result => (result.Type, result.Shape.With(0, result.ByRow ? RowsOf(block) : 1)));
            var given = found.Select(result => (result.Type, result.Shape));
            if (!given.SequenceEqual(wanted))
            {
                throw new ArgumentException(
                    $"BlockedProgram: a block of {RowsOf(block)} rows must have results {Listed(wanted)}; got {Listed(given)}.");
            }

            static string Listed(IEnumerable<(ElementType Type, Shape Shape)> results)
                => string.Join(", ", results.Select(result => $"{result.Type} {result.Shape}"));
        }

        (ElementType Type, Shape Shape, bool ByRow) Whole(Tensor result)
        {
            bool byRow = result.Rank > 0 && result.Shape[0] == RowsOf(0);
            return byRow || (result.Rank > 0 && result.Shape[0] == 1)
                ? (result.Type, result.Shape.With(0, byRow ? rowCount : blocks), byRow)
                : throw new ArgumentException(
                    $"BlockedProgram: the first axis of a result must have size {RowsOf(0)}, that of the block, or 1; got {result.Shape}.");
        }

        Tensor[] Allocate((ElementType Type, Shape Shape, bool ByRow)[] described)
            => Tensor.MakeAll(described, result => Tensor.Allocate(_device, result.Type, result.Shape));
    }

    /// <summary>Returns the memory of all recordings.</summary>
    /// <exception cref="InvalidOperationException">The program is running.</exception>
    public void Dispose()
    {
        if (!_use.End())
            return;
        foreach (var instance in _idle.Values.SelectMany(idle => idle))
            instance.Dispose();
        _idle.Clear();
    }

    private static int FirstAxis(Tensor[] tensors, int none)
    {
        if (tensors.Length == 0)
            return none;
        return Array.TrueForAll(tensors, x => x.Rank > 0 && x.Shape[0] == tensors[0].Shape[0])
            ? tensors[0].Shape[0]
            : throw new ArgumentException($"BlockedProgram: first axes differ: {string.Join(", ", tensors.Select(x => x.Shape))}.");
    }

    private static long RowBytes(Tensor tensor) => (long)tensor.Count / tensor.Shape[0] * tensor.Type.Size();
}
