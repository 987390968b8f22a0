using System.Collections.Concurrent;
using Engine.Kernels;
using Engine.Kernels.Gpu;
using Xunit;

namespace Engine.Tests.Gpu;

/// <summary>The GPU devices that are here, each opened once: the emulator always.</summary>
internal static class GpuDevices
{
    private static readonly ConcurrentDictionary<string, Lazy<IlgpuDevice>> s_opened = [];

    public static TheoryData<string> Names
    {
        get
        {
            var data = new TheoryData<string>();
            foreach (string name in Device.Names.Where(name => name != "cpu"))
                data.Add(name);
            return data;
        }
    }

    public static IlgpuDevice Open(string name)
        => s_opened.GetOrAdd(name, _ => new(() => (IlgpuDevice)Device.Open(name))).Value;
}

/// <summary>One test at a time on a device.</summary>
[CollectionDefinition(nameof(GpuCollection), DisableParallelization = false)]
public sealed class GpuCollection;
