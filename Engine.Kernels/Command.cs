using Engine.Kernels.Rows;

namespace Engine.Kernels;

/// <summary>Work of the CPU device, cut into independent units numbered from 0.</summary>
internal interface IKernel
{
    /// <summary>Does the units from <paramref name="start"/> up to, not including, <paramref name="end"/>.</summary>
    void Run(int start, int end);
}

/// <summary>Something a device does: a kernel with its operands, ready to run again.</summary>
internal abstract class Command
{
    /// <summary>
    /// Floating-point operations of a product or a convolution, a multiply-add as two, if no number is zero; 0 of all else.
    /// </summary>
    public double Operations { get; init; }

    /// <summary>Bytes of the buffers that it reads and writes, if it was recorded.</summary>
    public long Bytes { get; set; }

    /// <summary>What is known of its rows; null for nothing.</summary>
    public RowWork? Rows { get; init; }

    /// <summary>Runs all of it.</summary>
    public abstract void Execute();
}

/// <summary>A command whose units the threads of a team share.</summary>
/// <param name="count">The number of units.</param>
/// <param name="grain">The least number of units worth a thread.</param>
internal abstract class SharedCommand(int count, int grain) : Command
{
    public int Count { get; } = count;

    public int Grain { get; } = grain;

    public abstract void Run(int start, int end);
}

/// <summary>A kernel of the CPU device as a command.</summary>
internal sealed class KernelCommand<TKernel>(TKernel kernel, int count, int grain, ThreadTeam team) : SharedCommand(count, grain)
    where TKernel : struct, IKernel
{
    private readonly TKernel _kernel = kernel;
    private readonly bool _small = count < 2 * grain;

    public override void Execute()
    {
        if (_small)
            _kernel.Run(0, Count);
        else
            team.Run(this);
    }

    public override void Run(int start, int end) => _kernel.Run(start, end);
}
