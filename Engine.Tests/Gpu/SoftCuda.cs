using System.Runtime.InteropServices;
using Xunit;

namespace Engine.Tests.Gpu;

/// <summary>What the CUDA driver in software lets tests do that a card does not: failures on demand, and a look inside.</summary>
internal static unsafe class SoftCuda
{
    public const int OutOfMemory = 2, LaunchFailed = 719;

    private static readonly nint s_library
        = TestDevices.Names.Any(name => name.StartsWith("cuda", StringComparison.Ordinal))
            && NativeLibrary.TryLoad("libcuda.so.1", out nint library) && NativeLibrary.TryGetExport(library, "softcudaFail", out _)
            ? library : 0;

    /// <summary>Skips a test where there is a real driver, or none.</summary>
    public static void Require() => Assert.SkipUnless(s_library != 0, "for the CUDA driver in software: .ci/soft-cuda dotnet test ...");

    /// <summary>The next calls of a function of the driver fail.</summary>
    public static void Fail(string function, int error, int times = 1)
    {
        nint name = Marshal.StringToHGlobalAnsi(function);
        ((delegate* unmanaged<nint, int, ulong, void>)NativeLibrary.GetExport(s_library, "softcudaFail"))(name, error, (ulong)times);
        Marshal.FreeHGlobal(name);
    }

    /// <summary>How many there are in the driver: contexts, streams, events, graphs, page-locked blocks.</summary>
    public static int Count(string kind)
    {
        nint name = Marshal.StringToHGlobalAnsi(kind);
        int count = ((delegate* unmanaged<nint, int>)NativeLibrary.GetExport(s_library, "softcudaCount"))(name);
        Marshal.FreeHGlobal(name);
        return count;
    }

    /// <summary>From now on waits for the device last until they are let go.</summary>
    public static void Hold(bool hold)
        => ((delegate* unmanaged<int, void>)NativeLibrary.GetExport(s_library, "softcudaHold"))(hold ? 1 : 0);

    /// <summary>How many threads wait.</summary>
    public static int Held => ((delegate* unmanaged<int>)NativeLibrary.GetExport(s_library, "softcudaHeld"))();
}
