namespace Engine.Kernels.Memory;

/// <summary>Says once that a program takes more and more blocks and returns none.</summary>
/// <param name="limit">More blocks in use, of which the garbage collector can return none, than a program needs that returns some.</param>
internal sealed class BlockGrowth(int limit)
{
    private readonly Lock _lock = new();

    /// <summary>The number of blocks in use from which on <see cref="Check"/> wants to be called.</summary>
    public int Limit { get; private set; } = limit;

    /// <summary>Where to say it; standard error if null.</summary>
    public TextWriter? Output { get; init; }

    /// <summary>Has the garbage collector return what nobody can reach, and says so if that is little.</summary>
    public void Check(BufferPool pool)
    {
        lock (_lock)
        {
            int before = pool.LiveBlocks;
            if (before < Limit)
                return;
            GC.Collect();
            GC.WaitForPendingFinalizers();

            // Less than that, and the next check comes after so many more blocks that collecting garbage is cheap beside them.
            if (pool.LiveBlocks < Limit / 4 * 3)
                return;
            Limit = int.MaxValue;
        }

        (Output ?? Console.Error).WriteLine(
            $"Memory: {pool.LiveBlocks:N0} tensors are in use ({pool.LiveBytes:N0} bytes) and more and more are made: a TensorScope is "
            + "around a whole loop, or tensors are kept with all that led to them. Put `using var scope = new TensorScope();` or "
            + "TensorScope.Step into the loop, and keep x.StopGradient(). "
            + (pool.Traced ? "They were made here:" : "ENGINE_TRACE_BLOCKS=1 in the environment tells where they are made."));
        if (pool.Traced)
        {
            foreach (var (site, blocks) in pool.Sites.Take(10))
                (Output ?? Console.Error).WriteLine($"{blocks,12:N0}  {site}");
        }
    }
}
