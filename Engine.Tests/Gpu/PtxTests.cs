using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Engine.Bench.Workloads;
using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Kernels;
using Engine.Kernels.Gpu;
using Engine.Kernels.Gpu.Convolutions;
using Engine.Kernels.Gpu.Products;
using Engine.RL.Environments;
using Engine.RL.Training;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime.Cuda;
using Xunit;
using Device = Engine.Kernels.Device;

namespace Engine.Tests.Gpu;

/// <summary>
/// Every kernel compiles for a card of compute capability 9.0, which needs neither card nor driver. Where ENGINE_PTX names a folder the
/// text goes there, for ptxas.
/// </summary>
[Collection(nameof(GpuCollection))]
public partial class PtxTests
{
    // As names of files, with what ptxas adds.
    private const int MostName = 200;

    [Fact]
    public void EveryKernelCompilesToPtx()
    {
        using var device = IlgpuDevice.OpenDry();
        UseOperations(device);
        UseWorkloads(device);
        UseTraining(device);

        // Used by CUDA cards only, on request.
        Type[] tensorCores =
        [
            typeof(MatMulTensorCores<AlignedQuads<float>>), typeof(MatMulTensorCores<AnyQuads<float>>),
            typeof(ConvolutionTensorCores<WholeImages<float>, PlainWeights<float>, ReluPoolResults<float>, float>),
            typeof(ConvolutionTensorCores<WholeImages<float>, PlainWeights<float>, WholeResults<float>, float>),
            typeof(ConvolutionTensorCores<WholeImages<float>, PlainWeights<float>, PickedResults<float>, float>),
            typeof(ConvolutionTensorCores<WholeImages<float>, TurnedWeights<float>, WholeResults<float>, float>),
            typeof(ConvolutionTensorCores<PooledImages<float>, TurnedWeights<float>, WholeResults<float>, float>),
            typeof(WeightGradientTensorCores<WholeImages<float>, float>), typeof(WeightGradientTensorCores<PooledImages<float>, float>),
        ];
        Type[] kernels = [.. device.Kernels.Concat(tensorCores).OrderBy(kernel => kernel.ToString(), StringComparer.Ordinal)];
        Assert.True(kernels.Length > 120, $"only {kernels.Length} kernels were found");

        string? folder = Environment.GetEnvironmentVariable("ENGINE_PTX");
        if (folder is not null)
            Directory.CreateDirectory(folder);
        using var context = Context.Create(builder => builder.EnableAlgorithms().Optimize(OptimizationLevel.O2));
        using var backend = new PTXBackend(context, CudaArchitecture.SM_90, CudaInstructionSet.ISA_78, null!);
        var failures = new List<string>();
        var names = new HashSet<string>();
        foreach (var kernel in kernels)
        {
            Assert.True(names.Add(Name(kernel)), $"two kernels are called {Name(kernel)}");
            Assert.True(Name(kernel).Length <= MostName, Name(kernel));
            try
            {
                string text = Compile(backend, kernel);
                Assert.Contains(".visible .entry", text, StringComparison.Ordinal);
                if (folder is not null)
                    File.WriteAllText(Path.Combine(folder, Name(kernel) + ".ptx"), text);
            }
            catch (Exception e) when (e is InternalCompilerException or NotSupportedException)
            {
                failures.Add($"{kernel}: {e.Message} {e.InnerException?.Message}");
            }
        }

        Assert.True(failures.Count == 0, string.Join("\n", failures));
    }

    private static string Compile(PTXBackend backend, Type kernel)
    {
        var method = KernelCache.MethodOf(kernel);
        var entry = kernel.IsAssignableTo(typeof(IBody))
            ? EntryPointDescription.FromImplicitlyGroupedKernel(method)
            : EntryPointDescription.FromExplicitlyGroupedKernel(method);
        int? most = (int?)kernel.GetProperty(nameof(IGroupKernel.MostThreads))?.GetValue(null);
        return ((PTXCompiledKernel)backend.Compile(entry, KernelCache.SpecializationOf(most))).PTXAssembly;
    }

    private static void UseOperations(Device device)
    {
        foreach (var sample in OperationSample.All)
        {
            foreach (var type in (ElementType[])[ElementType.Float32, ElementType.Float64])
            {
                using var scope = new TensorScope();
                var inputs = sample.Inputs(1, type, device);
                Tensor[] free = [.. inputs.Where(input => input.Type.IsFloat())];
                var value = sample.Function(inputs);
                var first = Gradient.Vjp(value, free, value);
                Gradient.Vjp(first, free, first);
            }
        }
    }

    // At their full sizes, which choose other kernels than those of the samples.
    private static void UseWorkloads(Device device)
    {
        foreach (var workload in Workload.All)
        {
            using var work = workload.Create(device);
            work.Run();
            work.Run();
        }
    }

    private static void UseTraining(Device device)
    {
        foreach (var kind in EnvironmentKind.All)
        {
            using var trainer = Trainer.Of(kind.Of(), new LearningSettings { Env = kind.Name }, "1", device: device);
            trainer.Step();
        }
    }

    // Of maps that are made of many, the beginning and a digest of all.
    private static string Name(Type kernel)
    {
        string whole = Symbols().Replace(kernel.ToString().Replace("Engine.Kernels.", "", StringComparison.Ordinal), "-").Trim('-');
        if (whole.Length <= MostName)
            return whole;
        string digest = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(whole)))[..8];
        return $"{whole[..(MostName - digest.Length - 1)]}-{digest}";
    }

    [GeneratedRegex("[^A-Za-z0-9]+(?:Bodies|Functions|System|Gpu)?[^A-Za-z0-9]*")]
    private static partial Regex Symbols();
}
