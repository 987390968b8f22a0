using System.Runtime.InteropServices;

namespace Engine.Kernels.Gpu;

/// <summary>
/// Finds the libraries of drivers, which ILGPU asks for as "cuda" and "OpenCL". On Linux those names belong to development packages; a
/// driver comes as libcuda.so.1, and where a container or Windows' subsystem for Linux provides it, in a folder that may not be searched.
/// </summary>
internal static class DriverLibrary
{
    private static readonly string[] s_folders = ["", "/usr/local/nvidia/lib64/", "/usr/lib/wsl/lib/"];

    /// <summary>The library's handle, 0 if there is none.</summary>
    /// <param name="name">A library as it is named in code.</param>
    public static nint Load(string name)
    {
        nint library = 0;
        if (OperatingSystem.IsWindows() && name == CudaDriver.Library)
            NativeLibrary.TryLoad("nvcuda.dll", out library);
        else if (OperatingSystem.IsLinux() && name is CudaDriver.Library or "OpenCL")
            _ = Array.Exists(s_folders, folder => NativeLibrary.TryLoad($"{folder}lib{name}.so.1", out library));
        return library;
    }

    /// <summary>Whether a library is to be found: by the usual search, or by <see cref="Load"/>.</summary>
    public static bool IsHere(string name)
        => NativeLibrary.TryLoad(name, typeof(DriverLibrary).Assembly, null, out _) || Load(name) != 0;
}
