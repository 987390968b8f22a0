using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Kernels;
using Engine.Tests.Gpu;
using Xunit;

namespace Engine.Tests.Core;

/// <summary>
/// Every operation within a <see cref="Batch.Map"/> against a loop over the members, whichever of the inputs members share: values,
/// gradients of each member taken within, and gradients to order 2 taken without.
/// </summary>
public class BatchSampleTests
{
    private const int Members = 3;

    [Theory]
    [MemberData(nameof(OperationTests.Samples), MemberType = typeof(OperationTests))]
    public void AMapIsALoopOverItsMembers(int number, string name) => Check(OperationSample.All[number], name, Device.Cpu);

    internal static void Check(OperationSample sample, string name, Device device)
    {
        int inputs = sample.Inputs().Length;
        foreach (var (type, tolerance) in new[] { (ElementType.Float64, 1e-12), (ElementType.Float32, 2e-6) })
        {
            for (int own = 1; own < 1 << inputs; own++)
            {
                using var scope = new TensorScope();
                Tensor[][] members = [.. Enumerable.Range(0, Members).Select(member => sample.Inputs(member, type, device))];
                Tensor[] x = [.. Enumerable.Range(0, inputs).Select(
                    input => IsOwn(own, input) ? Tensor.Stack(0, [.. members.Select(member => member[input])]) : members[0][input])];
                Compare("value", Map(x, sample.Function), Loop(x, sample.Function));
                Compare("gradients within", Map(x, Derived), Loop(x, Derived));

                // Sums over members cancel, and in Float32 show it.
                if (type == ElementType.Float64)
                    Compare("gradients without", DerivedTwice(x, Map(x, sample.Function)), DerivedTwice(x, Loop(x, sample.Function)));

                // The function of all members at once, one by one; both for any number of results.
                Tensor[] Map<T>(Tensor[] x, Func<Tensor[], T> function)
                {
                    Tensor[] mine = [.. x.Where((_, input) => IsOwn(own, input))];
                    return Tree.Leaves(Batch.Map(mine => function(Joined(x, mine)), mine));
                }

                Tensor[] Loop<T>(Tensor[] x, Func<Tensor[], T> function)
                {
                    Tensor[][] results = [.. Enumerable.Range(0, Members).Select(
                        member => Tree.Leaves(function([.. x.Select((each, input) => IsOwn(own, input) ? each[member] : each)])))];
                    return [.. results[0].Select((_, i) => Tensor.Stack(0, [.. results.Select(result => result[i])]))];
                }

                Tensor[] Joined(Tensor[] x, Tensor[] mine)
                {
                    int next = 0;
                    return [.. x.Select((each, input) => IsOwn(own, input) ? mine[next++] : each)];
                }

                void Compare(string what, Tensor[] actual, Tensor[] expected)
                {
                    Assert.Equal(expected.Length, actual.Length);
                    for (int i = 0; i < expected.Length; i++)
                    {
                        double difference = Difference.Of(expected[i], actual[i]);
                        Assert.True(
                            difference <= tolerance,
                            $"{name}, own inputs {own:b}, {what} {i} in {type}: {difference:G3}.\n{expected[i]}\n{actual[i]}");
                    }
                }
            }
        }

        Tensor[] Derived(Tensor[] x) => Gradient.Vjp(sample.Function(x), Free(x), Cotangent(sample.Function(x)));

        static Tensor[] DerivedTwice(Tensor[] x, Tensor[] y)
        {
            var first = Gradient.Vjp(y, Free(x), [.. y.Select(Cotangent)]);
            return [.. first, .. Gradient.Vjp(first, Free(x), [.. first.Select(Cotangent)])];
        }

        static Tensor[] Free(Tensor[] x) => [.. x.Where(each => each.Type.IsFloat())];

        static Tensor Cotangent(Tensor y) => y.Cos().StopGradient();
    }

    private static bool IsOwn(int own, int input) => ((own >> input) & 1) == 1;
}
