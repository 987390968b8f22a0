using Engine.Kernels.Memory;
using Buffer = Engine.Kernels.Memory.Buffer;

namespace Engine.Kernels.Rows;

/// <summary>
/// Says of a command that its work falls into parts, each of which writes only its own one of as many equal parts of a buffer, and may read
/// nothing else of it either. Some parts next to each other are such a part again: a row.
/// </summary>
/// <param name="parts">How many parts there are at most.</param>
internal abstract class RowWork(int parts)
{
    /// <summary>How many parts there are.</summary>
    public int Parts => parts;

    /// <summary>What does the work of a part: commands of one kind can be the same place in each step of a loop.</summary>
    public abstract Type Kind { get; }

    /// <summary>Whether a row has no use for anything but its own one of the equal parts of what is written.</summary>
    /// <param name="use">A use that the command makes of a buffer.</param>
    /// <param name="written">What is written of it, by whichever command.</param>
    /// <param name="rows">The number of rows.</param>
    public abstract bool IsApart(Use use, Use written, int rows);
}

/// <summary>What a command does with the memory of a buffer, or of a part of one.</summary>
/// <param name="Slot">The number of the buffer in its recording; negative if it is not the recording's to place.</param>
/// <param name="Access">Whether it reads or writes.</param>
/// <param name="Start">The first byte, among those of the buffer.</param>
/// <param name="Bytes">How many bytes.</param>
internal readonly record struct Use(int Slot, Access Access, long Start, long Bytes)
{
    /// <summary>The use of a buffer in the first pass of a recording, in which addresses start at 0.</summary>
    public static Use Of(Buffer buffer, Access access)
        => new(buffer.Slot, access, buffer.Slot >= 0 ? buffer.Address : 0, buffer.ByteLength);

    /// <summary>Whether it reads.</summary>
    public bool Reads => (Access & Access.Read) != 0;

    /// <summary>Whether it writes.</summary>
    public bool Writes => (Access & Access.Write) != 0;

    /// <summary>Whether it is of the same bytes as another one, for whatever access.</summary>
    public bool Covers(Use other) => (Slot, Start, Bytes) == (other.Slot, other.Start, other.Bytes);

    /// <summary>Whether any byte is of both.</summary>
    public bool Overlaps(Use other) => Slot == other.Slot && Start < other.Start + other.Bytes && other.Start < Start + Bytes;
}
