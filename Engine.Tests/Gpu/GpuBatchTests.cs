using Engine.Core.Autodiff;
using Engine.Tests.Core;
using Xunit;

namespace Engine.Tests.Gpu;

/// <summary>Batches on every device; the emulator's are those of the rules, which are tested on the processor.</summary>
[Collection(nameof(GpuCollection))]
public class GpuBatchTests
{
    public static TheoryData<string> Names => TestDevices.ForUpdates;

    [Theory]
    [MemberData(nameof(Names))]
    public void MapsOfAllOperationsAreLoopsOverTheirMembers(string device)
    {
        foreach (var sample in OperationSample.All)
            BatchSampleTests.Check(sample, $"{sample.Operation.Name} {sample.Case}", TestDevices.Open(device));
    }
}
