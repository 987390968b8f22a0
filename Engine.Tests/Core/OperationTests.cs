using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests.Core;

public class OperationTests
{
    public static TheoryData<int, string> Samples
    {
        get
        {
            var data = new TheoryData<int, string>();
            for (int i = 0; i < OperationSample.All.Count; i++)
                data.Add(i, $"{OperationSample.All[i].Operation.Name} {OperationSample.All[i].Case}");
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void DerivativesAgreeWithFiniteDifferences(int number, string name)
    {
        using var scope = new TensorScope();
        var errors = OperationSample.All[number].Check();
        Assert.True(errors.Length >= 2, name);
    }

    [Fact]
    public void EveryOperationHasASample()
    {
        var operations = typeof(Operation).Assembly.GetTypes().Where(type => type.IsAssignableTo(typeof(Primitive)) && !type.IsAbstract);
        var missing = operations.Except(OperationSample.All.Select(sample => sample.Operation));
        Assert.Empty(missing);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void SampleUsesItsOperation(int number, string name)
    {
        using var scope = new TensorScope();
        var sample = OperationSample.All[number];
        var open = new Stack<Tensor>([sample.Function(sample.Inputs())]);
        bool found = false;
        while (open.TryPop(out var tensor))
        {
            found |= tensor.Operation?.GetType() == sample.Operation;
            foreach (var input in tensor.Inputs)
                open.Push(input);
        }

        Assert.True(found, name);
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void ReplayEqualsEager(int number, string name)
    {
        using var scope = new TensorScope();
        var sample = OperationSample.All[number];
        Tensor[] Derivatives(Tensor[] x)
        {
            Tensor[] free = [.. x.Where(input => input.Type.IsFloat())];
            var y = sample.Function(x);
            return [y, .. Gradient.Of(y.Sum(), free)];
        }

        using var program = new TensorProgram<Tensor[], Tensor[]>(Derivatives);
        for (int run = 0; run < 4; run++)
        {
            var x = sample.Inputs(run, ElementType.Float32);
            var eager = Derivatives(x);
            var replayed = program.Run(x);
            Assert.Equal(eager.Length, replayed.Length);
            for (int i = 0; i < eager.Length; i++)
                Assert.True(eager[i].ToDoubles().SequenceEqual(replayed[i].ToDoubles()), $"{name}, run {run}, result {i}");
        }
    }
}
