namespace Engine.Kernels.Cpu;

/// <summary>A kernel for the first member of several, that knows those of the others.</summary>
/// <typeparam name="TSelf">The kernel.</typeparam>
internal interface IMemberKernel<TSelf> : IKernel
    where TSelf : struct, IMemberKernel<TSelf>
{
    /// <summary>The kernel of a member, from that of the first.</summary>
    TSelf Of(int member);
}

/// <summary>
/// A kernel for several members: each is computed as it is alone, bit for bit. Units are those of the first, then those of the next.
/// </summary>
/// <typeparam name="TKernel">The kernel.</typeparam>
/// <param name="first">The kernel of the first member.</param>
/// <param name="units">Units of a member.</param>
internal readonly struct MemberKernels<TKernel>(TKernel first, int units) : IKernel
    where TKernel : struct, IMemberKernel<TKernel>
{
    public void Run(int start, int end)
    {
        for (int count; start < end; start += count)
        {
            (int member, int unit) = Math.DivRem(start, units);
            count = Math.Min(end - start, units - unit);
            first.Of(member).Run(unit, unit + count);
        }
    }
}
