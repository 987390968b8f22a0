using System.Runtime.InteropServices;
using ILGPU.Runtime.Cuda;

namespace Engine.Kernels.Gpu;

/// <summary>
/// Functions of the CUDA driver that ILGPU does not wrap, capture of a stream's commands and graphs, or whose failures it hides.
/// </summary>
internal static partial class CudaDriver
{
    /// <summary>Only this thread is kept from calls that a capture can't take up.</summary>
    public const int CaptureThreadLocal = 1;

    /// <summary>The driver's library, see <see cref="DriverLibrary"/>.</summary>
    public const string Library = "cuda";

    /// <summary>Starts the driver. Its answers are more than ILGPU has names for.</summary>
    [LibraryImport(Library, EntryPoint = "cuInit")]
    public static partial int Initialise(uint flags);

    /// <summary>The version of CUDA that the driver supports: 12040 for 12.4.</summary>
    [LibraryImport(Library, EntryPoint = "cuDriverGetVersion")]
    public static partial CudaError GetVersion(out int version);

    /// <summary>The number of devices.</summary>
    [LibraryImport(Library, EntryPoint = "cuDeviceGetCount")]
    public static partial CudaError GetCount(out int count);

    /// <summary>From here on commands for the stream are kept instead of run.</summary>
    [LibraryImport(Library, EntryPoint = "cuStreamBeginCapture_v2")]
    public static partial CudaError BeginCapture(nint stream, int mode);

    /// <summary>Ends the capture; the graph is 0 if it failed.</summary>
    [LibraryImport(Library, EntryPoint = "cuStreamEndCapture")]
    public static partial CudaError EndCapture(nint stream, out nint graph);

    /// <summary>Makes a graph that can be launched.</summary>
    [LibraryImport(Library, EntryPoint = "cuGraphInstantiateWithFlags")]
    public static partial CudaError Instantiate(out nint executable, nint graph, ulong flags);

    /// <summary>Runs a graph after the stream's earlier commands.</summary>
    [LibraryImport(Library, EntryPoint = "cuGraphLaunch")]
    public static partial CudaError Launch(nint executable, nint stream);

    /// <summary>Gives back a graph that can be launched.</summary>
    [LibraryImport(Library, EntryPoint = "cuGraphExecDestroy")]
    public static partial CudaError DestroyExecutable(nint executable);

    /// <summary>Gives back a graph.</summary>
    [LibraryImport(Library, EntryPoint = "cuGraphDestroy")]
    public static partial CudaError DestroyGraph(nint graph);

    /// <summary>Calls a function on a thread of the driver's, after the stream's earlier commands and before its later ones.</summary>
    [LibraryImport(Library, EntryPoint = "cuLaunchHostFunc")]
    public static unsafe partial CudaError LaunchHostFunction(nint stream, delegate* unmanaged[Cdecl]<nint, void> function, nint argument);

    /// <summary>The driver's name for an error.</summary>
    public static string NameOf(int error)
        => GetErrorName(error, out nint name) == CudaError.CUDA_SUCCESS ? Marshal.PtrToStringAnsi(name) ?? "" : "an unknown error";

    [LibraryImport(Library, EntryPoint = "cuGetErrorName")]
    private static partial CudaError GetErrorName(int error, out nint name);
}
