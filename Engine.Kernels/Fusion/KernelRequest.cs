using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Fusion;

/// <summary>
/// What is asked for while a program is recorded: when a device makes a command of it, it may compute what it reads on the way.
/// </summary>
/// <param name="type">The element type of all operands.</param>
/// <param name="destination">The result.</param>
/// <param name="operands">The operands, four at most.</param>
internal abstract class KernelRequest(ElementType type, Buffer destination, Buffer[] operands)
{
    /// <summary>The most operands that a kernel takes.</summary>
    public const int MostOperands = 4;

    /// <summary>The element type of all operands.</summary>
    public ElementType Type => type;

    /// <summary>The result.</summary>
    public Buffer Destination => destination;

    /// <summary>The operands.</summary>
    public IReadOnlyList<Buffer> Operands => operands;

    /// <summary>Has a device make a command of it.</summary>
    public abstract void Give(Device device);

    /// <summary>The request that computes an operand of this one on the way, in place of reading it.</summary>
    /// <param name="inner">What gives the operand.</param>
    /// <param name="place">Which operand.</param>
    /// <returns>Null where the two don't go together.</returns>
    public abstract KernelRequest? Absorb(KernelRequest inner, int place);
}
