using System.Runtime.InteropServices;

namespace Engine.Kernels.Memory;

/// <summary>
/// Pages of 2 MiB for large blocks. Of the usual pages of 4 KiB there are more in a large block than the processor keeps the places of, so
/// that it looks one up for every few rows of a matrix. Linux gives larger ones to who asks, as NumPy does for its arrays.
/// </summary>
internal static unsafe partial class HugePages
{
    /// <summary>Bytes of a page.</summary>
    public const nuint Size = 1 << 21;

    private const int AdviseHugePages = 14;

    /// <summary>Whether a block is so large that it should be aligned to such pages, and that they should be asked for.</summary>
    public static bool Suit(long byteLength) => OperatingSystem.IsLinux() && byteLength >= 2 * (long)Size;

    /// <summary>Asks for them. Where the system has none, nothing happens.</summary>
    public static void Ask(void* address, long byteLength) => _ = Advise(address, (nuint)byteLength, AdviseHugePages);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* address, nuint byteLength, int advice);
}
