using Engine.Core.Trees;
using Engine.Kernels;

namespace Engine.Core;

/// <summary>Makes programs that run in blocks, see <see cref="BlockedProgram{TShared, TRows, TOut}"/>.</summary>
public static class BlockedProgram
{
    /// <summary>A function that is written for one row, for all of them.</summary>
    /// <param name="function">From what the rows of a group share, and a row, to results: as in <see cref="Batch.Map"/>.</param>
    /// <param name="device">Where it runs; where its inputs are if null.</param>
    /// <param name="blockRows">Rows of a block; null for as many as fit the caches.</param>
    /// <exception cref="ArgumentOutOfRangeException">A block has no row.</exception>
    public static BlockedProgram<TShared, TRow, TOut> Map<TShared, TRow, TOut>(
        Func<TShared, TRow, TOut> function, Device? device = null, int? blockRows = null)
    {
        return new(
            (shared, rows) => Tree.Leaves(rows)[0].Shape[0] == 1
                ? One(shared, rows)
                : Batch.Map(row => function(shared, row), rows),
            isSum: false,
            device,
            blockRows);

        // A batch of one needs no batching rules.
        TOut One(TShared shared, TRow rows)
            => Tree.Map(function(shared, Tree.Map(rows, x => x.ReshapeTo(x.Shape.Sizes[1..].ToArray()))), y => y.Unsqueeze(0));
    }

    /// <summary>
    /// The sum over all rows of a group, such as that of their gradients in what they share: one contraction for each block.
    /// </summary>
    /// <param name="function">
    /// From what the rows of a group share, and some of the rows, along a first axis, to the sums over these: a <see cref="Batch.Map"/>
    /// over the rows, and a gradient of the sum of what it gives, say.
    /// </param>
    /// <param name="device">Where it runs; where its inputs are if null.</param>
    /// <param name="blockRows">Rows of a block; null for as many as fit the caches.</param>
    /// <exception cref="ArgumentOutOfRangeException">A block has no row.</exception>
    public static BlockedProgram<TShared, TRows, TOut> Sum<TShared, TRows, TOut>(
        Func<TShared, TRows, TOut> function, Device? device = null, int? blockRows = null)
        => new(function, isSum: true, device, blockRows);
}

/// <summary>
/// Runs one function over blocks of independent rows, several blocks at a time on a device with several threads. A block is small enough
/// for the processor's caches, and a thread works through it alone, so nobody waits for anybody; a GPU takes all rows at once. Results
/// don't depend on the number of threads. Rows come in groups of equal size, each with tensors that its rows share. The function is called
/// from several threads and must not read values on the host. Derivatives end at inputs and results. A program is used by one thread at a
/// time.
/// </summary>
/// <typeparam name="TShared">A tree, see <see cref="Tree"/>.</typeparam>
/// <typeparam name="TRows">A tree.</typeparam>
/// <typeparam name="TOut">A tree.</typeparam>
public sealed class BlockedProgram<TShared, TRows, TOut> : IDisposable
{
    // What a block may work in, by what one row alone does: a core's part of the processor's caches; and what a command should make at
    // least, or to give it costs more than what it does, which is worse than a cache that is too small. They are the same everywhere,
    // since the rows of a block decide in which order sums are formed.
    private const long BlockBytes = 2 << 20;
    private const long CommandBytes = 8 << 10;

    // Blocks of a group that there are at least, if there are as many rows: so many threads have something to do.
    private const int LeastBlocks = 8;

    private readonly Func<TShared, TRows, TOut> _function;
    private readonly bool _isSum;
    private readonly Device? _device;
    private readonly int? _blockRows;
    private readonly SingleUse _use = new(nameof(BlockedProgram));
    private readonly List<Layout> _layouts = [];

    internal BlockedProgram(Func<TShared, TRows, TOut> function, bool isSum, Device? device, int? blockRows)
    {
        if (blockRows < 1)
            throw new ArgumentOutOfRangeException(nameof(blockRows), blockRows, "BlockedProgram: a block has at least 1 row.");
        (_function, _isSum, _device, _blockRows) = (function, isSum, device, blockRows);
    }

    /// <summary>Runs the function over all blocks.</summary>
    /// <param name="shared">What the rows of each group share, with the groups along a first axis; it may have no tensor.</param>
    /// <param name="rows">The rows, [groups, rows of each, ...].</param>
    /// <returns>The results of all rows, [groups, rows of each, ...], or their sums, [groups, ...].</returns>
    /// <exception cref="ArgumentException">First axes differ or are empty, or tensors are on different devices.</exception>
    /// <exception cref="InvalidOperationException">
    /// The function does what that of a <see cref="TensorProgram{TIn, TOut}"/> may not; or the program is running already, or in another
    /// program or a map.
    /// </exception>
    /// <exception cref="NotFiniteNumberException">An operation produced NaN or infinity in a scope that checks.</exception>
    public TOut Run(TShared shared, TRows rows)
    {
        using var turn = _use.Begin();
        return LayoutOf(shared, rows).Run(Tree.Leaves(shared), Tree.Leaves(rows));
    }

    /// <summary>
    /// Bytes that blocks would work in that run at the same time: the function is called, but nothing is computed. Where a block's rows are
    /// chosen by what one row does, it is told for one: others are small.
    /// </summary>
    /// <param name="shared">What the rows of each group share, like that of a run.</param>
    /// <param name="rows">Rows like those of a run.</param>
    /// <exception cref="ArgumentException">First axes differ or are empty.</exception>
    /// <exception cref="InvalidOperationException">The function reads a value on the host, or this is in a program or a map.</exception>
    public long Plan(TShared shared, TRows rows)
    {
        using var turn = _use.Begin();
        return LayoutOf(shared, rows).Plan();
    }

    /// <summary>Returns the memory of all recordings.</summary>
    /// <exception cref="InvalidOperationException">The program is running.</exception>
    public void Dispose()
    {
        if (!_use.End())
            return;
        foreach (var layout in _layouts)
            layout.Dispose();
        _layouts.Clear();
    }

    private Layout LayoutOf(TShared shared, TRows rows)
    {
        if (Recording.IsActive)
            throw new InvalidOperationException("BlockedProgram: can't run inside another program.");
        Tensor[] each = Tree.Leaves(rows);
        if (BatchedMap.Of([.. Tree.Leaves(shared), .. each]) is not null)
            throw new InvalidOperationException("BlockedProgram: can't run for each member of a Batch.Map: map within its function.");
        var place = _device ?? (each.Length > 0 ? each[0].Device : Device.Cpu);
        var layout = _layouts.Find(known => known.Device == place && known.Signature.Fits((shared, rows)));
        if (layout is null)
            _layouts.Add(layout = new Layout(this, shared, rows, place));
        return layout;
    }

    /// <summary>The blocks of inputs of one signature.</summary>
    private sealed class Layout : IDisposable
    {
        private readonly BlockedProgram<TShared, TRows, TOut> _program;
        private readonly TShared _shared;
        private readonly TRows _rows;
        private readonly int _groups;
        private readonly int _groupRows;
        private readonly Lock _lock = new();
        private readonly Dictionary<int, Stack<Block>> _idle = [];
        private int? _blockRows;
        private (ElementType Type, Shape Shape)[]? _results;
        private TOut _like = default!;

        public Layout(BlockedProgram<TShared, TRows, TOut> program, TShared shared, TRows rows, Device device)
        {
            (_program, Device) = (program, device);
            Tensor[] together = Tree.Leaves(shared), each = Tree.Leaves(rows);
            if (each.Length == 0 || Array.Exists(each, x => x.Rank < 2 || x.Shape[0] != each[0].Shape[0] || x.Shape[1] != each[0].Shape[1])
                || each[0].Shape[0] == 0 || each[0].Shape[1] == 0)
            {
                throw new ArgumentException(
                    $"BlockedProgram: rows are [groups, rows of each, ...], one or more, got {Listed(each)}.", nameof(rows));
            }

            (_groups, _groupRows) = (each[0].Shape[0], each[0].Shape[1]);
            if (Array.Exists(together, x => x.Rank == 0 || x.Shape[0] != _groups))
            {
                throw new ArgumentException(
                    $"BlockedProgram: what rows share has their {_groups} groups along its first axis, got {Listed(together)}.",
                    nameof(shared));
            }

            (_shared, _rows) = (Tree.Map(shared, x => x.WithoutMemory()), Tree.Map(rows, x => x.WithoutMemory()));
            Signature = TreeSignature.Of((shared, rows), isExact: true);

            static string Listed(Tensor[] tensors)
                => tensors.Length == 0 ? "no tensor" : string.Join(", ", tensors.Select(x => x.Shape));
        }

        public Device Device { get; }

        public TreeSignature Signature { get; }

        public TOut Run(Tensor[] shared, Tensor[] rows)
        {
            // Scopes are those of a thread: only this one checks.
            bool asWritten = TensorScope.IsChecking;
            int blockRows = _blockRows ?? BlockRows(shared, rows, asWritten), groupBlocks = ((_groupRows - 1) / blockRows) + 1;
            int blocks = _groups * groupBlocks;
            Tensor[]? results = _results is null ? null : Allocate();
            try
            {
                int start = 0;
                if (results is null)
                {
                    // The first block ever tells what the results look like.
                    RunBlock(0);
                    start = 1;
                }

                if (asWritten)
                {
                    for (int block = start; block < blocks; block++)
                        RunBlock(block);
                }
                else
                {
                    Device.Concurrently(blocks - start, piece => RunBlock(start + piece));
                }

                return Tree.With(_like, _program._isSum && groupBlocks > 1 ? Sums(results!) : results!);
            }
            catch
            {
                foreach (var result in results ?? [])
                    result.Dispose();
                throw;
            }

            void RunBlock(int number)
            {
                int group = number / groupBlocks, first = number % groupBlocks * blockRows, count = Math.Min(blockRows, _groupRows - first);
                int at = (group * _groupRows) + first;
                var block = Rent(count, asWritten);
                try
                {
                    block.SetInputs(shared, group, rows, at);
                    if (asWritten)
                        block.Instance.RunAsWritten();
                    else
                        block.Instance.Run();
                    _results ??= Described(block);
                    results ??= Allocate();
                    if (asWritten || block.Instance.IsFirstRun)
                        Require(block.Instance.Results, count);
                    for (int i = 0; i < results.Length; i++)
                        block.Instance.CopyResult(i, results[i], (_program._isSum ? number : at) * BytesOf(_results[i]));
                    block.Instance.Deliver();
                }
                catch
                {
                    block.Instance.Dispose();
                    throw;
                }

                if (asWritten)
                    block.Instance.Dispose();
                else
                    Return(block, count);
            }

            Tensor[] Allocate()
            {
                Shape lead = !_program._isSum ? [_groups, _groupRows] : groupBlocks > 1 ? [_groups, groupBlocks] : [_groups];
                return Tensor.MakeAll(_results!, x => Tensor.Allocate(Device, x.Type, [.. lead, .. x.Shape]));
            }
        }

        public void Dispose()
        {
            foreach (var block in _idle.Values.SelectMany(idle => idle))
                block.Instance.Dispose();
            _idle.Clear();
        }

        public long Plan()
        {
            int blockRows = GivenRows ?? 1, blocks = _groups * (((_groupRows - 1) / blockRows) + 1);
            var block = new Block(this, blockRows);
            using (block.Instance)
                return block.Instance.Plan() * Math.Min(Device.Concurrency, blocks);
        }

        // The rows of a block where they need no look at what one row does.
        private int? GivenRows
            => _program._blockRows is { } given ? Math.Min(given, _groupRows) : Device.PrefersWholeBatches ? _groupRows : null;

        // By what one row works in. Chosen for as long as the program lives, but for a run that checks, which has no replay to look at.
        private int BlockRows(Tensor[] shared, Tensor[] rows, bool asWritten)
        {
            if (GivenRows is { } given)
                return given;
            if (asWritten)
                return 1;
            var one = new Block(this, 1);
            using (one.Instance)
            {
                one.SetInputs(shared, 0, rows, 0);
                one.Instance.Run();
                long most = Math.Max(1, _groupRows / LeastBlocks);
                long fitting = BlockBytes / Math.Max(1, one.Instance.WorkingBytes);
                long worthwhile = CommandBytes / Math.Max(1, one.Instance.BytesPerCommand);
                double power = Math.Round(Math.Log2(Math.Max(1, Math.Max(fitting, worthwhile))));
                _blockRows = 1 << (int)Math.Min(power, Math.Floor(Math.Log2(most)));
            }

            return _blockRows.Value;
        }

        private Block Rent(int rows, bool isNew)
        {
            lock (_lock)
            {
                if (!isNew && _idle.TryGetValue(rows, out var idle) && idle.TryPop(out var block))
                    return block;
            }

            return new Block(this, rows);
        }

        private void Return(Block block, int rows)
        {
            lock (_lock)
            {
                if (!_idle.TryGetValue(rows, out var idle))
                    _idle.Add(rows, idle = new Stack<Block>());
                idle.Push(block);
            }
        }

        // Of one row, or of the sum over a block.
        private (ElementType Type, Shape Shape)[] Described(Block block)
        {
            _like = Tree.Map(block.Results, y => y.WithoutMemory());
            if (_program._isSum)
                return [.. block.Instance.Results.Select(y => (y.Type, y.Shape))];
            return [.. block.Instance.Results.Select(y => (y.Type, Inner(y.Shape)))];
        }

        private void Require(Tensor[] found, int rows)
        {
            Shape WithRows(Shape one) => _program._isSum ? one : [rows, .. one];
            var wanted = _results!.Select(x => (x.Type, WithRows(x.Shape)));
            var given = found.Select(y => (y.Type, y.Shape));
            if (!given.SequenceEqual(wanted))
            {
                throw new ArgumentException(
                    $"BlockedProgram: a block of {rows} rows must have results {Listed(wanted)}; got {Listed(given)}.");
            }

            static string Listed(IEnumerable<(ElementType Type, Shape Shape)> results)
                => string.Join(", ", results.Select(result => $"{result.Type} {result.Shape}"));
        }

        // Blocks of a group in their order, whoever has done them.
        private static Tensor[] Sums(Tensor[] parts)
        {
            var sums = Tensor.MakeAll(parts, part => part.Sum(1).AsLeaf());
            foreach (var part in parts)
                part.Dispose();
            return sums;
        }

        private static Shape Inner(Shape shape) => shape.Sizes[1..].ToArray();

        private static long BytesOf((ElementType Type, Shape Shape) result) => (long)result.Shape.ElementCount * result.Type.Size();

        /// <summary>The function for one block.</summary>
        private sealed class Block
        {
            private int _next;

            public Block(Layout layout, int rows)
            {
                Instance = new ProgramInstance(
                    x =>
                    {
                        var shared = Tree.Map(layout._shared, Next);
                        Results = layout._program._function(shared, Tree.Map(layout._rows, Next));
                        return Tree.Leaves(Results);

                        Tensor Next(Tensor like) => x[_next++ % x.Length];
                    },
                    layout.Device,
                    [.. Tree.Leaves(layout._shared).Select(x => (x.Type, Inner(x.Shape))),
                        .. Tree.Leaves(layout._rows).Select(x => (x.Type, Inner(x.Shape).With(0, rows)))]);
            }

            public ProgramInstance Instance { get; }

            /// <summary>The structure of the results.</summary>
            public TOut Results { get; private set; } = default!;

            /// <summary>Names the inputs of the next run.</summary>
            public void SetInputs(Tensor[] shared, int group, Tensor[] rows, int at)
            {
                for (int i = 0; i < shared.Length; i++)
                    Instance.SetInput(i, shared[i], (long)group * shared[i].Count / shared[i].Shape[0] * shared[i].Type.Size());
                for (int i = 0; i < rows.Length; i++)
                {
                    long row = (long)rows[i].Count / rows[i].Shape[0] / rows[i].Shape[1] * rows[i].Type.Size();
                    Instance.SetInput(shared.Length + i, rows[i], at * row);
                }
            }
        }
    }
}
