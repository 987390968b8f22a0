using System.Globalization;
using System.Runtime.Loader;
using Engine.Kernels.Gpu.Rows;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace Engine.Kernels.Gpu;

internal sealed partial class IlgpuDevice
{
    // Threads of a group that runs a body. The emulator has a thread of the processor for each.
    private const int GroupSize = 128, EmulatedGroupSize = 32;

    // The largest groups of kernels with a thread for each of some indices, and of any kernel.
    private const int LargestOfIndices = 256, LargestGroup = RowLoopKernel.MostThreads;

    private const string Emulator = "emulator";

    // Behind the name of a device that is to use its tensor cores.
    private const string TensorCores = "+tf32";

    /// <summary>The names of the GPU devices that are here.</summary>
    public static IEnumerable<string> Found
    {
        get
        {
            using var context = Context.Create(builder => builder.Cuda().OpenCL());
            int cuda = context.GetCudaDevices().Count, openCl = context.GetCLDevices().Count;
            return [.. Numbered("cuda", cuda), .. Numbered("opencl", openCl), Emulator];
        }
    }

    /// <summary>Why there are no CUDA devices, or not all that the driver has; null if there is nothing to say.</summary>
    public static string? WhyNoCuda
    {
        get
        {
            using var context = Context.Create(builder => builder.Cuda());
            return CudaFacts.OfThisMachine(context.GetCudaDevices().Count).Problem;
        }
    }

    /// <summary>Opens a device.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static IlgpuDevice Open(string name)
    {
        bool tensorCores = name.EndsWith(TensorCores, StringComparison.Ordinal);
        string[] parts = (tensorCores ? name[..^TensorCores.Length] : name).Split(':');
        string kind = parts[0];
        int index = 0;
        bool named = parts.Length == 1 ? kind == Emulator
            : parts.Length == 2 && kind != Emulator && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out index);
        if (!named)
        {
            throw new ArgumentException(
                $"Device '{name}' is unknown: write 'emulator', or 'cuda' or 'opencl' with a number, as in 'cuda:0'.");
        }

        if (tensorCores && kind != "cuda")
            throw new ArgumentException($"Device '{name}': only CUDA cards have tensor cores; leave out '{TensorCores}'.");

        var context = Context.Create(
            builder =>
            {
                _ = kind switch
                {
                    "cuda" => builder.Cuda().EnableAlgorithms(),
                    "opencl" => builder.OpenCL(),
                    _ => builder.CPU(new CPUDevice(32, LargestGroup / 32, 1)),
                };
                builder.Optimize(OptimizationLevel.O2);
            });
        try
        {
            return kind switch
            {
                "cuda" => OfCuda(name, context, Chosen(name, context.GetCudaDevices(), index)),
                "opencl" => OfOpenCl(name, context, Chosen(name, context.GetCLDevices(), index)),
                _ => OfEmulator(context),
            };
        }
        catch (AcceleratorException e)
        {
            context.Dispose();
            throw new ArgumentException($"Device '{name}' can't be opened: {e.Message}", e);
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    /// <summary>Opens the emulator with <see cref="IsDry"/>.</summary>
    public static IlgpuDevice OpenDry()
    {
        var context = Context.Create(builder => builder.CPU(new CPUDevice(32, 1, 1)));
        return OfEmulator(context, isDry: true);
    }

    private static IlgpuDevice OfEmulator(Context context, bool isDry = false)
        => new(
            Emulator, "the processor as a GPU, for tests", $"ILGPU {typeof(Context).Assembly.GetName().Version?.ToString(3)}",
            new SharedAccelerator(context, context.CreateCPUAccelerator(0), EmulatedGroupSize))
        {
            IsDry = isDry,
        };

    private static IlgpuDevice OfCuda(string name, Context context, CudaDevice found)
    {
        if (CudaFacts.OfThisMachine(int.MaxValue).Problem is { } problem)
            throw new ArgumentException($"Device '{name}' can't be used. {problem}");
        if (found.Architecture is { Major: < CudaFacts.LeastCapability } old)
        {
            throw new ArgumentException(
                $"Device '{name}', {found.Name}, is too old: it has compute capability {old.Major}.{old.Minor}, and kernels are compiled "
                + $"for {CudaFacts.LeastCapability}.0 and up.");
        }

        string description = string.Create(
            CultureInfo.InvariantCulture, $"{found.Name}, compute capability {found.Architecture?.Major}.{found.Architecture?.Minor}");
        if (name.EndsWith(TensorCores, StringComparison.Ordinal))
            description += ", large float32 products on tensor cores in tf32";
        var card = new SharedAccelerator(context, found.CreateCudaAccelerator(context), GroupSize);
        return new IlgpuDevice(name, description, $"CUDA {found.DriverVersion}", card);
    }

    private static IlgpuDevice OfOpenCl(string name, Context context, CLDevice found)
    {
        // Kernels get addresses, which other OpenCL devices than processors don't share with the host.
        if (found.DeviceType != CLDeviceType.CL_DEVICE_TYPE_CPU)
        {
            throw new ArgumentException(
                $"Device '{name}', {found.Name}, has memory of its own: only OpenCL devices that share the processor's memory, "
                + "such as PoCL's, can be used. Use CUDA for a GPU.");
        }

        var card = new SharedAccelerator(context, found.CreateCLAccelerator(context), GroupSize);
        return new IlgpuDevice(name, found.Name, $"OpenCL {found.DeviceVersion}", card);
    }

    private static T Chosen<T>(string name, Context.DeviceCollection<T> devices, int index)
        where T : ILGPU.Runtime.Device
    {
        if (index < devices.Count)
            return devices[index];
        string kind = name.Split(':')[0];
        string there = devices.Count > 0 ? $"There are {string.Join(", ", Numbered(kind, devices.Count))}." : "There are none.";
        string? reason = kind == "cuda" ? CudaFacts.OfThisMachine(devices.Count).Problem
            : devices.Count > 0 ? null
            : "No OpenCL runtime (libOpenCL.so.1, OpenCL.dll) was found, or it has no device that ILGPU can use: install one, such as "
                + "PoCL 6 with ocl-icd.";
        throw new ArgumentException($"Device '{name}' is not here. {reason ?? there}");
    }

    private static IEnumerable<string> Numbered(string kind, int count)
        => Enumerable.Range(0, count).Select(index => string.Create(CultureInfo.InvariantCulture, $"{kind}:{index}"));

    static IlgpuDevice()
        => AssemblyLoadContext.GetLoadContext(typeof(IlgpuDevice).Assembly)!.ResolvingUnmanagedDll
            += static (_, name) => DriverLibrary.Load(name);
}
